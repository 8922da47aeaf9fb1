import type { Invariant } from '../invariant.ts';

export default {
  id: 'store-is-sound',
  title: "the host's own store of images lacks nothing of what its layers are made of",
  broken: ({ view, deed }) => [...view.damage, ...(deed.verb === 'digest' ? deed.damage : [])],
} satisfies Invariant;

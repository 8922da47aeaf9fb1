import type { Invariant } from '../invariant.ts';

export default {
  id: 'older-layer-offered',
  title: 'the boot menu offers the layer that ran before the last upgrade',
  broken: ({ view, promised: { fallback } }) =>
    fallback === null || view.entries.some(({ layer }) => layer === fallback)
      ? []
      : [`no boot entry leads to ${fallback}, which ran before the last upgrade`],
} satisfies Invariant;

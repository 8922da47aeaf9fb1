import type { Invariant } from '../invariant.ts';

export default {
  id: 'no-orphans',
  title:
    'no volumes or boot files are left that belong to no layer, unless an upgrade was just cut',
  broken: ({ view, promised }) =>
    promised.interrupted === null ? view.orphans.map((orphan) => `left behind: ${orphan}`) : [],
} satisfies Invariant;

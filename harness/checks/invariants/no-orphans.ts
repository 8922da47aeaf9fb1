import type { Invariant } from '../invariant.ts';

export default {
  id: 'no-orphans',
  title:
    'no volumes or boot files are left that belong to no layer, unless the last upgrade was cut, or lost its disk or its room',
  broken: ({ view, promised }) =>
    promised.interrupted === null && !promised.mayHaveLeft
      ? view.orphans.map((orphan) => `left behind: ${orphan}`)
      : [],
} satisfies Invariant;

import type { Invariant } from '../invariant.ts';

export default {
  id: 'no-orphans',
  title:
    'no volumes or boot files are left that belong to no layer, unless the power or the disk failed the last upgrade',
  broken: ({ view, promised }) =>
    promised.interrupted === null && !promised.mayHaveLeft
      ? view.orphans.map((orphan) => `left behind: ${orphan}`)
      : [],
} satisfies Invariant;

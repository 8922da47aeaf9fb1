import type { Invariant } from '../invariant.ts';

export default {
  id: 'no-orphans',
  title:
    'no volumes or boot files are left that belong to no layer, unless an upgrade was just cut, or its disk failed',
  broken: ({ view, promised }) =>
    promised.interrupted === null && !promised.hindered
      ? view.orphans.map((orphan) => `left behind: ${orphan}`)
      : [],
} satisfies Invariant;

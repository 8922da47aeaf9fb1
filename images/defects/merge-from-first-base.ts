import type { Defect } from '../recipe.ts';

export default {
  name: 'merge-from-first-base',
  title: "changes in /etc are told by the oldest base instead of the running layer's own",
  layout: 'thin',
  patch: 'merge-from-first-base.patch',
  story: 'upgrade/two-in-a-row-collect-the-oldest',
  invariant: 'etc-is-merged',
  bugs: ['thin-middle-layer-edits-lost'],
} satisfies Defect;

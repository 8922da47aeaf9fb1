import type { Defect } from '../recipe.ts';

export default {
  name: 'old-kernels-removed-when-staged',
  title:
    'the kernel of the older layer is removed when an update is staged instead of when it is finalized',
  layout: 'ostree',
  patch: 'old-kernels-removed-when-staged.patch',
  story: 'upgrade/two-in-a-row-collect-the-oldest',
  invariant: 'entries-resolve',
  bugs: ['ostree-cut-before-finalize'],
} satisfies Defect;

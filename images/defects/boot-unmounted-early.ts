import type { Defect } from '../recipe.ts';

export default {
  name: 'boot-unmounted-early',
  title: '/boot is unmounted before a staged update is finalized',
  layout: 'ostree',
  patch: 'boot-unmounted-early.patch',
  story: 'upgrade/two-in-a-row-collect-the-oldest',
  invariant: 'running-as-promised',
  bugs: ['ostree-boot-unmounted-before-finalize'],
} satisfies Defect;

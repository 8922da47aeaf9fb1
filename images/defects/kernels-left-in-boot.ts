import type { Defect } from '../recipe.ts';

export default {
  name: 'kernels-left-in-boot',
  title: 'the kernel of a layer that is collected stays in /boot',
  layout: 'thin',
  patch: 'kernels-left-in-boot.patch',
  story: 'upgrade/two-in-a-row-collect-the-oldest',
  invariant: 'no-orphans',
  bugs: ['thin-boot-fills-over-upgrades'],
} satisfies Defect;

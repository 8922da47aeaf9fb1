import type { Defect } from '../recipe.ts';

export default {
  name: 'switch-not-settled',
  title: 'the old menu is what GRUB sees when what it leads to is removed',
  layout: 'ostree',
  patch: 'switch-not-settled.patch',
  story: 'power/cut-after-finalising',
  invariant: 'console.dracut-emergency',
  bugs: ['ostree-xfs-boot-no-freeze-after-switch'],
} satisfies Defect;

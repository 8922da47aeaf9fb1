import type { Defect } from '../recipe.ts';

export default {
  name: 'kernel-not-synced',
  title:
    'neither the kernel of a new layer nor its menu is where GRUB finds it when the update is done',
  layout: 'thin',
  patch: 'kernel-not-synced.patch',
  story: 'power/cut-after-the-default-was-switched',
  invariant: 'expect.layer',
  bugs: ['thin-kernel-not-synced-before-entry'],
} satisfies Defect;

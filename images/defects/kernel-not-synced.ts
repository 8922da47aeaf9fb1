import type { Defect } from '../recipe.ts';

export default {
  name: 'kernel-not-synced',
  title: 'the kernel of a new layer is not on the disk when the menu that names it is',
  layout: 'thin',
  patch: 'kernel-not-synced.patch',
  story: 'power/cut-after-the-default-was-switched',
  invariant: 'console.grub-file-missing',
  bugs: ['thin-kernel-not-synced-before-entry'],
} satisfies Defect;

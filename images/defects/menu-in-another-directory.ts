import type { Defect } from '../recipe.ts';

export default {
  name: 'menu-in-another-directory',
  title: 'an update writes its menu to a file that the boot loader does not read',
  layout: 'thin',
  patch: 'menu-in-another-directory.patch',
  story: 'rollback/by-command',
  invariant: 'default-as-promised',
  bugs: ['thin-efi-default-in-wrong-grubenv'],
} satisfies Defect;

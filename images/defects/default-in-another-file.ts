import type { Defect } from '../recipe.ts';

export default {
  name: 'default-in-another-file',
  title: 'a rollback writes the default to a file that the boot loader does not read',
  layout: 'thin',
  patch: 'default-in-another-file.patch',
  story: 'rollback/by-command',
  invariant: 'claims-agree',
  bugs: ['thin-efi-default-in-wrong-grubenv'],
} satisfies Defect;

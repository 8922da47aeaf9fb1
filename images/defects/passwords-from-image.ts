import type { Defect } from '../recipe.ts';

export default {
  name: 'passwords-from-image',
  title: "the passwords of the administrator's accounts are the new image's",
  layout: 'thin',
  patch: 'passwords-from-image.patch',
  story: 'upgrade/keeps-accounts-and-kernel-arguments',
  invariant: 'administrator-kept',
  bugs: ['thin-identity-files-reset'],
} satisfies Defect;

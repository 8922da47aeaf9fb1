import type { Defect } from '../recipe.ts';

export default {
  name: 'memberships-from-image',
  title: 'the administrator is no longer in the groups that the image has, too',
  layout: 'thin',
  patch: 'memberships-from-image.patch',
  story: 'upgrade/keeps-accounts-and-kernel-arguments',
  invariant: 'administrator-kept',
  bugs: ['thin-identity-files-reset'],
} satisfies Defect;

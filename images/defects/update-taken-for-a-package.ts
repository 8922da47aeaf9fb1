import type { Defect } from '../recipe.ts';

export default {
  name: 'update-taken-for-a-package',
  title:
    'an update counts as a package of the administrator, and his packages are not installed again',
  layout: 'thin',
  patch: 'update-taken-for-a-package.patch',
  story: 'upgrade/keeps-no-update-as-a-package',
  invariant: 'administrator-packages-kept',
  bugs: ['thin-placeholder-package-persisted'],
} satisfies Defect;

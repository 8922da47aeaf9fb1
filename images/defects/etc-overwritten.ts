import type { Defect } from '../recipe.ts';

export default {
  name: 'etc-overwritten',
  title: 'files in /etc that the administrator modified are overwritten by the new image',
  layout: 'thin',
  patch: 'etc-overwritten.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'administrator-files-kept',
} satisfies Defect;

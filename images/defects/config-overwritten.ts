import type { Defect } from '../recipe.ts';

export default {
  name: 'config-overwritten',
  title: 'the merge of /etc takes the new file over one that the administrator modified',
  layout: 'ostree',
  patch: 'config-overwritten.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'administrator-files-kept',
} satisfies Defect;

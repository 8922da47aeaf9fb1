import type { Defect } from '../recipe.ts';

export default {
  name: 'usr-written-to',
  title: 'a service of the image unlocks /usr and writes to it',
  layout: 'ostree',
  patch: 'usr-written-to.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'bases-unchanged',
} satisfies Defect;

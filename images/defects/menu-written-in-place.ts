import type { Defect } from '../recipe.ts';

export default {
  name: 'menu-written-in-place',
  title: 'the boot menu is written in place instead of being switched',
  layout: 'thin',
  patch: 'menu-written-in-place.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'menu-is-switched',
  bugs: ['thin-menu-file-emptied-by-kill'],
} satisfies Defect;

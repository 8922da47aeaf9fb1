import type { Defect } from '../recipe.ts';

export default {
  name: 'menu-written-where-it-is-read',
  title: 'the generator of the menu writes into the one that is in use, and fails',
  layout: 'ostree',
  patch: 'menu-written-where-it-is-read.patch',
  story: 'rollback/by-command',
  invariant: 'menu-is-switched',
  bugs: ['ostree-menu-generator-fails'],
} satisfies Defect;

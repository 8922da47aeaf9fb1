import type { Defect } from '../recipe.ts';

export default {
  name: 'default-set-in-place',
  title: 'a rollback edits the menu that is in use instead of switching to a new one',
  layout: 'ostree',
  patch: 'default-set-in-place.patch',
  story: 'rollback/by-command',
  invariant: 'menu-is-switched',
} satisfies Defect;

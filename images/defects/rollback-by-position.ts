import type { Defect } from '../recipe.ts';

export default {
  name: 'rollback-by-position',
  title: 'a rollback leads to the second entry of the list, whichever runs',
  layout: 'ostree',
  patch: 'rollback-by-position.patch',
  story: 'rollback/on-the-oldest-layer',
  invariant: 'default-as-promised',
  bugs: ['ostree-upgrade-from-rollback-confuses-order'],
} satisfies Defect;

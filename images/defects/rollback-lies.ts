import type { Defect } from '../recipe.ts';

export default {
  name: 'rollback-lies',
  title: 'rollback changes nothing and says that it did',
  patch: 'rollback-lies.patch',
  story: 'rollback/upgrade-again-after-rollback',
  invariant: 'default-as-promised',
} satisfies Defect;

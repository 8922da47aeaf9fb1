import type { Defect } from '../recipe.ts';

export default {
  name: 'rollback-lies',
  title: 'rollback changes nothing and says that it did',
  layout: 'thin',
  patch: 'rollback-lies.patch',
  story: 'rollback/by-command',
  invariant: 'default-as-promised',
} satisfies Defect;

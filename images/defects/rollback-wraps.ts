import type { Defect } from '../recipe.ts';

export default {
  name: 'rollback-wraps',
  title: 'a rollback on the oldest layer selects the newest one',
  layout: 'thin',
  patch: 'rollback-wraps.patch',
  story: 'rollback/on-the-oldest-layer',
  invariant: 'default-as-promised',
  bugs: ['thin-rollback-wraps-to-newest'],
} satisfies Defect;

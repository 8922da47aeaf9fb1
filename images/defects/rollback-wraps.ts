import type { Defect } from '../recipe.ts';

export default {
  name: 'rollback-wraps',
  title: 'a rollback to a layer that is not there selects the newest one',
  layout: 'thin',
  patch: 'rollback-wraps.patch',
  story: 'contract/a-layout-keeps-its-promise',
  invariant: 'default-as-promised',
  bugs: ['thin-rollback-wraps-to-newest'],
} satisfies Defect;

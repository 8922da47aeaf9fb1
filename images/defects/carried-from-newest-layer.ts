import type { Defect } from '../recipe.ts';

export default {
  name: 'carried-from-newest-layer',
  title: 'an update carries over /etc of the newest layer instead of the running one',
  layout: 'thin',
  patch: 'carried-from-newest-layer.patch',
  story: 'rollback/upgrade-again-after-rollback',
  invariant: 'administrator-files-kept',
  bugs: ['thin-old-layers-inactive'],
} satisfies Defect;

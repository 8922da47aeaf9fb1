import type { Defect } from '../recipe.ts';

export default {
  name: 'leaves-volumes-behind',
  title: 'an update that fails leaves its volumes behind',
  layout: 'thin',
  patch: 'leaves-volumes-behind.patch',
  story: 'upgrade/power-cut-half-way',
  invariant: 'no-orphans',
} satisfies Defect;

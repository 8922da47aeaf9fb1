import type { Defect } from '../recipe.ts';

export default {
  name: 'entries-purged-first',
  title: 'an update that fails has removed the boot entries of all layers',
  layout: 'thin',
  patch: 'entries-purged-first.patch',
  story: 'upgrade/failing-post-can-be-repeated',
  invariant: 'entries-resolve',
  bugs: ['thin-foreign-entries-purged-before-success'],
} satisfies Defect;

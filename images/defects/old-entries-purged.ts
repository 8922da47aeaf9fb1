import type { Defect } from '../recipe.ts';

export default {
  name: 'old-entries-purged',
  title: 'an update removes the boot entries of all other layers',
  layout: 'thin',
  patch: 'old-entries-purged.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'older-layer-offered',
  bugs: ['thin-foreign-entries-purged-before-success'],
} satisfies Defect;

import type { Defect } from '../recipe.ts';

export default {
  name: 'volume-group-by-its-tag',
  title: 'an update makes its layer in the first volume group with the tag of the layout',
  layout: 'thin',
  patch: 'volume-group-by-its-tag.patch',
  story: 'install/beside-an-old-installation',
  invariant: 'entries-resolve',
  bugs: ['thin-tags-from-second-disk'],
} satisfies Defect;

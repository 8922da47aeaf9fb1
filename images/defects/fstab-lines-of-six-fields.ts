import type { Defect } from '../recipe.ts';

export default {
  name: 'fstab-lines-of-six-fields',
  title: 'a line in fstab that leaves its last fields out is lost in an update',
  layout: 'thin',
  patch: 'fstab-lines-of-six-fields.patch',
  story: 'people/fstab-line-with-four-fields',
  invariant: 'expect.file',
  bugs: ['thin-identity-files-reset'],
} satisfies Defect;

import type { Defect } from '../recipe.ts';

export default {
  name: 'owners-set-anew',
  title: 'programs of a new base have lost their set-user-ID bits',
  layout: 'thin',
  patch: 'owners-set-anew.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'bases-hold-their-images',
  bugs: ['thin-suid-bit-lost'],
} satisfies Defect;

import type { Defect } from '../recipe.ts';

export default {
  name: 'default-before-kernel',
  title: 'the default is switched before the new layer and its kernel are there',
  layout: 'thin',
  patch: 'default-before-kernel.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'entries-resolve',
  bugs: ['thin-default-switched-before-migration-ends'],
} satisfies Defect;

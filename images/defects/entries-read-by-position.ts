import type { Defect } from '../recipe.ts';

export default {
  name: 'entries-read-by-position',
  title: 'a boot entry without options makes the new one lose its kernel arguments',
  layout: 'thin',
  patch: 'entries-read-by-position.patch',
  story: 'people/boot-entries-of-his-own',
  invariant: 'administrator-kept',
  bugs: ['thin-entry-without-root-breaks-parsing'],
} satisfies Defect;

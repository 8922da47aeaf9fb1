import type { Defect } from '../recipe.ts';

export default {
  name: 'directories-copied-into-themselves',
  title:
    'directories in /etc with something of the administrator in them hold a copy of themselves',
  layout: 'thin',
  patch: 'directories-copied-into-themselves.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'etc-is-merged',
  bugs: ['thin-directory-copied-into-itself'],
} satisfies Defect;

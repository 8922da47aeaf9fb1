import type { Defect } from '../recipe.ts';

export default {
  name: 'etc-copied-whole',
  title: 'files in /etc that nobody has changed stay as the old image brought them',
  layout: 'thin',
  patch: 'etc-copied-whole.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'etc-is-merged',
  bugs: ['thin-unmodified-config-stays-old'],
} satisfies Defect;

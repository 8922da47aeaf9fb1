import type { Defect } from '../recipe.ts';

export default {
  name: 'var-replaced-by-the-image',
  title: 'what an image brings in /var/lib takes the place of all that is there',
  layout: 'thin',
  patch: 'var-replaced-by-the-image.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'administrator-files-kept',
  bugs: ['thin-shared-var-not-undone'],
} satisfies Defect;

import type { Defect } from '../recipe.ts';

export default {
  name: 'var-replaced-by-the-image',
  title: 'what an image brings in /var/lib takes the place of what was changed there',
  layout: 'thin',
  patch: 'var-replaced-by-the-image.patch',
  story: 'upgrade/keeps-what-is-changed-in-var',
  invariant: 'administrator-files-kept',
  bugs: ['thin-shared-var-not-undone'],
} satisfies Defect;

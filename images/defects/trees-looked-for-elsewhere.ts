import type { Defect } from '../recipe.ts';

export default {
  name: 'trees-looked-for-elsewhere',
  title: 'a tree that the administrator lays over the image is not there after an update',
  layout: 'ostree',
  patch: 'trees-looked-for-elsewhere.patch',
  story: 'upgrade/keeps-a-tree-laid-over-the-image',
  invariant: 'administrator-packages-kept',
} satisfies Defect;

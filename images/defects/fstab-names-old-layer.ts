import type { Defect } from '../recipe.ts';

export default {
  name: 'fstab-names-old-layer',
  title: 'the fstab of the new layer names the old one',
  layout: 'thin',
  patch: 'fstab-names-old-layer.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'root-names-itself',
} satisfies Defect;

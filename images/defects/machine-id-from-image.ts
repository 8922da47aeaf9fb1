import type { Defect } from '../recipe.ts';

export default {
  name: 'machine-id-from-image',
  title: 'hosts take the machine-id that was left in the image',
  layout: 'ostree',
  patch: 'machine-id-from-image.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'administrator-kept',
} satisfies Defect;

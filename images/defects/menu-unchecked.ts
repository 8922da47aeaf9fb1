import type { Defect } from '../recipe.ts';

export default {
  name: 'menu-unchecked',
  title: 'a boot menu that GRUB cannot parse takes the place of one that it can',
  layout: 'thin',
  patch: 'menu-unchecked.patch',
  story: 'upgrade/image-with-a-broken-menu-is-not-taken',
  invariant: 'default-as-promised',
} satisfies Defect;

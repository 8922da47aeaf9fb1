import type { Defect } from '../recipe.ts';

export default {
  name: 'packages-of-known-products-only',
  title:
    'an update leaves out the packages of the administrator because it does not know the product',
  layout: 'thin',
  patch: 'packages-of-known-products-only.patch',
  story: 'upgrade/keeps-packages-of-the-administrator',
  invariant: 'administrator-packages-kept',
  bugs: ['thin-unknown-product-kills-reinstall'],
} satisfies Defect;

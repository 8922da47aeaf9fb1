import type { Defect } from '../recipe.ts';

export default {
  name: 'default-before-extraction',
  title: 'the default is switched before the image has been extracted, and stays when that fails',
  layout: 'thin',
  patch: 'default-before-extraction.patch',
  story: 'upgrade/failing-post-can-be-repeated',
  invariant: 'default-as-promised',
  bugs: ['thin-default-switched-before-migration-ends'],
} satisfies Defect;

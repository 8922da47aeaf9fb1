import type { Defect } from '../recipe.ts';

export default {
  name: 'post-swallows-error',
  title: 'the %post of an update ends well when the update has failed',
  layout: 'thin',
  patch: 'post-swallows-error.patch',
  story: 'upgrade/failing-post-can-be-repeated',
  invariant: 'default-as-promised',
} satisfies Defect;

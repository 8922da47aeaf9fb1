import type { Defect } from '../recipe.ts';

export default {
  name: 'repeated-does-nothing',
  title: 'an update that has failed is not done when it is repeated',
  layout: 'thin',
  patch: 'repeated-does-nothing.patch',
  story: 'upgrade/failing-post-can-be-repeated',
  invariant: 'default-as-promised',
  bugs: ['thin-failed-script-then-nothing-to-do'],
} satisfies Defect;

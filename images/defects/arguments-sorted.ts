import type { Defect } from '../recipe.ts';

export default {
  name: 'arguments-sorted',
  title: 'kernel arguments of a new boot entry are sorted',
  layout: 'thin',
  patch: 'arguments-sorted.patch',
  story: 'upgrade/keeps-accounts-and-kernel-arguments',
  invariant: 'administrator-kept',
  bugs: ['thin-kernel-argument-order'],
} satisfies Defect;

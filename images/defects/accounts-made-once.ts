import type { Defect } from '../recipe.ts';

export default {
  name: 'accounts-made-once',
  title: 'the accounts that a new image brings are not made on a host that has started before',
  layout: 'ostree',
  patch: 'accounts-made-once.patch',
  story: 'upgrade/keeps-accounts-and-kernel-arguments',
  invariant: 'no-failed-units',
} satisfies Defect;

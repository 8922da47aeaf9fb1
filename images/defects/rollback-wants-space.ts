import type { Defect } from '../recipe.ts';

export default {
  name: 'rollback-wants-space',
  title: 'on a full disk a rollback changes nothing and ends well',
  layout: 'ostree',
  patch: 'rollback-wants-space.patch',
  story: 'disk/var-is-full',
  invariant: 'default-as-promised',
  bugs: ['ostree-root-full-no-way-back'],
} satisfies Defect;

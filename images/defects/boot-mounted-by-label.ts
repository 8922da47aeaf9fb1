import type { Defect } from '../recipe.ts';

export default {
  name: 'boot-mounted-by-label',
  title: 'on a host of an older version /boot is not mounted after an update',
  layout: 'ostree',
  patch: 'boot-mounted-by-label.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'default-as-promised',
  bugs: ['ostree-boot-mount-lost-after-update'],
} satisfies Defect;

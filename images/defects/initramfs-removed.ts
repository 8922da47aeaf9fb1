import type { Defect } from '../recipe.ts';

export default {
  name: 'initramfs-removed',
  title: 'a host that has started removes its own initramfs from /boot, to save space',
  layout: 'ostree',
  patch: 'initramfs-removed.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'entries-resolve',
} satisfies Defect;

import type { Defect } from '../recipe.ts';

export default {
  name: 'initramfs-not-asked-for',
  title: 'an image without an initramfs is taken in',
  layout: 'thin',
  patch: 'initramfs-not-asked-for.patch',
  story: 'upgrade/image-without-initramfs-is-refused',
  invariant: 'entries-resolve',
} satisfies Defect;

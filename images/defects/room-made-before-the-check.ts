import type { Defect } from '../recipe.ts';

export default {
  name: 'room-made-before-the-check',
  title: 'an update that is refused has cost the host its older layer',
  layout: 'thin',
  patch: 'room-made-before-the-check.patch',
  story: 'upgrade/older-image-is-refused',
  invariant: 'refused-changes-nothing',
} satisfies Defect;

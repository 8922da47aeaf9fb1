import type { Defect } from '../recipe.ts';

export default {
  name: 'boot-measured-last',
  title: 'an update that /boot has no room for is refused when its entry is the default already',
  layout: 'thin',
  patch: 'boot-measured-last.patch',
  story: 'disk/boot-is-full',
  invariant: 'entries-resolve',
  bugs: ['thin-default-points-to-deleted-lv'],
} satisfies Defect;

import type { Defect } from '../recipe.ts';

export default {
  name: 'boot-measured-in-other-units',
  title: 'the /boot that the installer makes is too small for an update',
  layout: 'thin',
  patch: 'boot-measured-in-other-units.patch',
  story: 'disk/boot-is-full',
  invariant: 'expect.reason',
  bugs: ['thin-boot-size-units'],
} satisfies Defect;

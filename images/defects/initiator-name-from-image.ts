import type { Defect } from '../recipe.ts';

export default {
  name: 'initiator-name-from-image',
  title: "the name of the iSCSI initiator falls back to the image's",
  layout: 'thin',
  patch: 'initiator-name-from-image.patch',
  story: 'people/fstab-line-with-four-fields',
  invariant: 'administrator-files-kept',
  bugs: ['thin-identity-files-reset'],
} satisfies Defect;

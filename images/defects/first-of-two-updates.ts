import type { Defect } from '../recipe.ts';

export default {
  name: 'first-of-two-updates',
  title: "a new layer's rpm database has an older update that dnf had downloaded, too",
  layout: 'thin',
  patch: 'first-of-two-updates.patch',
  story: 'power/cut-after-the-default-was-switched',
  invariant: 'update-is-marked',
  bugs: ['thin-two-update-packages-in-transaction'],
} satisfies Defect;

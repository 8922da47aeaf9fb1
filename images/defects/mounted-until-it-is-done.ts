import type { Defect } from '../recipe.ts';

export default {
  name: 'mounted-until-it-is-done',
  title: 'an update that fails leaves its image mounted',
  layout: 'thin',
  patch: 'mounted-until-it-is-done.patch',
  story: 'upgrade/failed-upgrade-leaves-no-mounts',
  invariant: 'expect.file',
  bugs: ['thin-mounts-left-after-failed-upgrade'],
} satisfies Defect;

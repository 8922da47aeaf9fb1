import type { Defect } from '../recipe.ts';

export default {
  name: 'remains-not-collected',
  title: 'an update does not clean up after an interrupted one and is refused because of it',
  layout: 'thin',
  patch: 'remains-not-collected.patch',
  story: 'power/cut-while-the-kernel-is-installed',
  invariant: 'no-orphans',
  bugs: ['thin-leftover-volumes-block-retry'],
} satisfies Defect;

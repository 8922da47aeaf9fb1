import type { Defect } from '../recipe.ts';

export default {
  name: 'links-moved',
  title: 'an update takes links in /etc away from the layer that runs',
  layout: 'thin',
  patch: 'links-moved.patch',
  story: 'rollback/by-command',
  invariant: 'etc-is-left-alone',
} satisfies Defect;

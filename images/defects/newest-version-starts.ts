import type { Defect } from '../recipe.ts';

export default {
  name: 'newest-version-starts',
  title: 'after a rollback the newest version is still what starts by default',
  layout: 'ostree',
  patch: 'newest-version-starts.patch',
  story: 'rollback/by-command',
  invariant: 'default-as-promised',
} satisfies Defect;

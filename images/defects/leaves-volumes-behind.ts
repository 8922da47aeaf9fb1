import type { Defect } from '../recipe.ts';

export default {
  name: 'leaves-volumes-behind',
  title: 'an update that fails leaves its volumes behind',
  patch: 'leaves-volumes-behind.patch',
  invariant: 'no-orphans',
} satisfies Defect;

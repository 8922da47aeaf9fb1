import type { Defect } from '../recipe.ts';

export default {
  name: 'leaves-volumes-behind',
  title: 'an update that fails leaves its volumes behind',
  layout: 'thin',
  patch: 'leaves-volumes-behind.patch',
  story: 'power/cut-while-the-kernel-is-installed',
  invariant: 'no-orphans',
  bugs: ['thin-recover-keeps-orphans'],
} satisfies Defect;

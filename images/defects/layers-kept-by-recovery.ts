import type { Defect } from '../recipe.ts';

export default {
  name: 'layers-kept-by-recovery',
  title: 'of an update that was cut recovery removes the base and not the layer',
  layout: 'thin',
  patch: 'layers-kept-by-recovery.patch',
  story: 'power/cut-while-the-kernel-is-installed',
  invariant: 'no-orphans',
  bugs: ['thin-recover-keeps-orphans'],
} satisfies Defect;

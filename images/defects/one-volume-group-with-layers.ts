import type { Defect } from '../recipe.ts';

export default {
  name: 'one-volume-group-with-layers',
  title: 'the tool fails on a host with an old installation on its second disk',
  layout: 'thin',
  patch: 'one-volume-group-with-layers.patch',
  story: 'install/beside-an-old-installation',
  invariant: 'claims-agree',
  bugs: ['thin-tags-from-second-disk'],
} satisfies Defect;

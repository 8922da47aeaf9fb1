import type { Defect } from '../recipe.ts';

export default {
  name: 'running-layer-collected',
  title: 'the layer that runs is collected when it is not one of the newest two',
  layout: 'thin',
  patch: 'running-layer-collected.patch',
  story: 'rollback/upgrade-again-after-rollback',
  invariant: 'older-layer-offered',
  bugs: ['thin-gc-removes-base-in-use'],
} satisfies Defect;

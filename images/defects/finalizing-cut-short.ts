import type { Defect } from '../recipe.ts';

export default {
  name: 'finalizing-cut-short',
  title: 'what finishes a staged update is killed when it takes its time',
  layout: 'ostree',
  patch: 'finalizing-cut-short.patch',
  story: 'upgrade/two-in-a-row-collect-the-oldest',
  invariant: 'running-as-promised',
  bugs: ['ostree-finalize-times-out'],
} satisfies Defect;

import { changedEtc, differing } from '../../domain/etc.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'etc-is-left-alone',
  title: 'neither an upgrade nor a rollback changes anything in /etc of the layer that runs',
  broken: ({ view, before, deed }) => {
    if (deed.verb !== 'upgrade' && deed.verb !== 'rollback') return [];
    if (before === null || before.bootedLayer !== view.bootedLayer) return [];
    return differing(changedEtc(before), changedEtc(view)).map(
      (path) => `${path}: is another than before the ${deed.verb}`,
    );
  },
} satisfies Invariant;

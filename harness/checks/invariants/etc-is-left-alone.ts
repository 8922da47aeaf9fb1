import { changedEtc } from '../../domain/etc.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'etc-is-left-alone',
  title: 'neither an upgrade nor a rollback changes anything in /etc of the layer that runs',
  broken: ({ view, before, deed }) => {
    if (deed.verb !== 'upgrade' && deed.verb !== 'rollback') return [];
    if (before === null || before.bootedLayer !== view.bootedLayer) return [];
    const [was, is] = [changedEtc(before), changedEtc(view)];
    const paths = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
    return paths
      .filter((path) => was[path] !== is[path])
      .map((path) => `${path}: is another than before the ${deed.verb}`);
  },
} satisfies Invariant;

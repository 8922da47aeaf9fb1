import { defaultLayer, type HostView } from '../../domain/view.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'refused-changes-nothing',
  title:
    'an upgrade that was refused, or failed on a disk that did not, has changed no layer, no base and no boot entry',
  broken: ({ view, before, deed }) => {
    if (deed.verb !== 'upgrade' || before === null) return [];
    if (deed.outcome !== 'refused' && deed.outcome !== 'failed') return [];
    // it may have come to its end, as one that the power was taken from
    if (deed.outcome === 'failed' && deed.hindrance !== undefined) return [];
    const [was, is] = [described(before), described(view)];
    return Object.entries(was).flatMap(([what, text]) =>
      is[what] === text ? [] : [`${what}: were ${text}; are ${is[what] ?? ''}`],
    );
  },
} satisfies Invariant;

function described(view: HostView): Record<string, string> {
  return {
    layers: view.layers.map(({ id }) => id).join(', '),
    bases: view.bases.map(({ id }) => id).join(', '),
    entries: view.entries.map(({ id, layer }) => `${id} (${layer ?? 'no layer'})`).join(', '),
    'what starts next': defaultLayer(view) ?? 'nothing',
  };
}

import { isStart } from '../../domain/deed.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'running-as-promised',
  title: 'the layer that runs is the one that was to be started',
  broken: ({ view, promised, deed }) => {
    if (!isStart(deed) || promised.promisedRunning === null) return [];
    if (view.bootedLayer === promised.promisedRunning) return [];
    if (promised.interrupted !== null && view.version === promised.interrupted) return [];
    return [
      `running is ${view.bootedLayer ?? 'no layer'}, promised is ${promised.promisedRunning}`,
    ];
  },
} satisfies Invariant;

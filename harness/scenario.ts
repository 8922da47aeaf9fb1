/** The one public entry for authors of stories. */
import {
  scenarioDataSchema,
  type Scenario,
  type ScenarioData,
  type StoryContext,
} from './domain/scenario.ts';

export type { DiskFault } from './domain/fault.ts';
export type { StoryContext, StoryHost } from './domain/scenario.ts';
export {
  after,
  afterBytes,
  afterServed,
  at,
  atMark,
  during,
  onConsole,
  sometime,
} from './domain/moment.ts';
export { bootOrderChanged } from './faults/boot-order-changed.ts';
export { byteFlipped } from './faults/byte-flipped.ts';
export { clockSetBack } from './faults/clock-set-back.ts';
export { connectionDropped } from './faults/connection-dropped.ts';
export { diskError } from './faults/disk-error.ts';
export { diskFull } from './faults/disk-full.ts';
export { diskGone } from './faults/disk-gone.ts';
export { diskSlow } from './faults/disk-slow.ts';
export { espEmptied, espRestored } from './faults/esp-emptied.ts';
export { flushLost } from './faults/flush-lost.ts';
export { layerRemoved } from './faults/layer-removed.ts';
export { nameNotResolved } from './faults/name-not-resolved.ts';
export { powerCut } from './faults/power-cut.ts';
export { rebootInMidUpdate } from './faults/reboot-in-mid-update.ts';
export { repositoryDown } from './faults/repository-down.ts';
export { repositoryEmptied } from './faults/repository-emptied.ts';
export { repositorySlow } from './faults/repository-slow.ts';
export { resetButton } from './faults/reset-button.ts';
export { secondDisk } from './faults/second-disk.ts';
export { spaceExhausted } from './faults/space-exhausted.ts';
export { updateTwice } from './faults/update-twice.ts';
export { variablesLost } from './faults/variables-lost.ts';
export { writeTorn } from './faults/write-torn.ts';

/** A story: what it proves and where, and the function that tells it. @throws ZodError for data out of shape */
export function scenario(
  data: ScenarioData,
  story: (context: StoryContext) => Promise<void>,
): Scenario {
  return { data: scenarioDataSchema.parse(data), story };
}

/** Faults of what a machine is made of, while it is off: they strike what is found of it, and nothing where nothing is found. */
import type { FaultStamp, OffFault } from '../../domain/fault.ts';
import { bootOrderChanged } from '../../faults/boot-order-changed.ts';
import { clockSetBack } from '../../faults/clock-set-back.ts';
import { espEmptied } from '../../faults/esp-emptied.ts';
import { secondDisk } from '../../faults/second-disk.ts';
import { variablesLost } from '../../faults/variables-lost.ts';
import { files } from '../../adapters/files.ts';
import type { Hypervisor } from '../../ports/machine.ts';
import { Wear } from '../../run/wear.ts';
import { fakeClock } from '../fake-clock.ts';
import { scripted } from '../run/scripted-machine.ts';
import type { FaultCase } from './case.ts';

/** Strikes hardware of which this is found. */
function struck(plan: OffFault, found: Partial<Hypervisor>): Promise<FaultStamp | null> {
  const done = (): Promise<void> => Promise.resolve();
  const disk = { id: 'disk0', file: 'disk', format: 'qcow2', kind: 'disk' } as const;
  const wear = new Wear({
    ...{ hypervisor: { ...scripted(fakeClock(), []), ...found }, clock: fakeClock(), diskBytes: 0 },
    ...{ disk: { spec: disk, second: null, moveOver: done }, files },
  });
  return wear.strike(plan, 'vars');
}

function onHardware(plan: OffFault, found: Partial<Hypervisor>, stamp: object): FaultCase {
  return {
    ...{ plan, stamp, strikes: () => struck(plan, found) },
    misses: plan.strikes === 'clock' ? null : () => struck(plan, {}),
  };
}

const bootOrder = { from: ['0001', '0000'], to: ['0000', '0001'] };
const esp = { offset: 1024, sizeBytes: 3 };

export const hardwareFaults: readonly FaultCase[] = [
  onHardware(
    bootOrderChanged(),
    { putOwnEntryLast: () => Promise.resolve(bootOrder) },
    { bootOrder },
  ),
  onHardware(
    clockSetBack({ years: 10 }),
    {},
    { clock: { from: '1970-01-01T00:00:00.000Z', to: '1960-01-01T00:00:00.000Z' } },
  ),
  onHardware(
    espEmptied(),
    { emptyEsp: () => Promise.resolve({ ...esp, content: 'RUZJ' }) },
    { esp },
  ),
  onHardware(secondDisk(), { diskGuid: () => Promise.resolve('ab') }, { diskGuid: 'ab' }),
  onHardware(variablesLost(), { forgetVariables: () => Promise.resolve('ab') }, { sha256: 'ab' }),
];

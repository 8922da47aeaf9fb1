/** Faults of a machine at work, of its power and of the engine on it: on one that follows a script. */
import type { Test } from 'tap';
import type { EngineFault, FaultStamp, PowerFault, SpaceFault } from '../../domain/fault.ts';
import { afterBytes } from '../../domain/moment.ts';
import { layerRemoved } from '../../faults/layer-removed.ts';
import { powerCut } from '../../faults/power-cut.ts';
import { rebootInMidUpdate } from '../../faults/reboot-in-mid-update.ts';
import { resetButton } from '../../faults/reset-button.ts';
import { spaceExhausted } from '../../faults/space-exhausted.ts';
import { updateTwice } from '../../faults/update-twice.ts';
import type { Args } from '../../domain/verb.ts';
import type { StepContext } from '../../ports/host.ts';
import type { Shell } from '../../ports/shell.ts';
import { abortable } from '../../run/abortable.ts';
import { Faults } from '../../run/faults.ts';
import { Power } from '../../run/power.ts';
import { fakeClock } from '../fake-clock.ts';
import { scripted, type Moment } from '../run/scripted-machine.ts';
import type { FaultCase } from './case.ts';

const WRITTEN = 512;
const RUN_SEED = 1;
const SECOND = { status: 1, said: 'Error: another one is at work' };

/** Something that is waited for until somebody has it happen. */
function event(): { readonly has: Promise<void>; readonly happen: () => void } {
  let happen: () => void = () => undefined;
  const has = new Promise<void>((resolve) => (happen = resolve));
  return { has, happen: () => happen() };
}

interface Met {
  readonly stamp: FaultStamp | null;
  /** What others than the step have done to the host. */
  readonly others: readonly string[];
  readonly power: Power['state'];
}

/** A step that writes, and goes on until the fault has struck; or one that is over before it has written. */
async function met(plan: PowerFault | EngineFault | SpaceFault, writes: boolean): Promise<Met> {
  const others: string[] = [];
  const [begins, restarts, struck] = [event(), event(), event()];
  const clock = fakeClock();
  // what the machine does next waits for its turn, and not for the time
  const turns = [begins.has, restarts.has];
  const machineClock = { ...clock, nowMs: () => 0, sleep: () => turns.shift() ?? begins.has };
  const script: Moment[] = [
    { atMs: 1, writes: WRITTEN },
    { atMs: 1, stops: 'reset' },
  ];
  const run = (command: string): ReturnType<Shell['run']> => {
    others.push(command);
    if (command.startsWith('systemctl')) restarts.happen();
    return Promise.resolve({ status: 0, stdout: '', stderr: '', truncated: false });
  };
  const cut = (seed: number): Promise<null> => {
    others.push(`power cut, seed ${seed.toString()}`);
    return Promise.resolve(null);
  };
  await using power = new Power({
    machine: { name: 'host', dir: '/run', memoryMiB: 512, cpus: 1, firmware: 'uefi' } as never,
    hypervisor: scripted(machineClock, [script]),
    connect: () =>
      Promise.resolve({ run, [Symbol.asyncDispose]: () => Promise.resolve() } as never),
    ...{ clock, memoryFile: '/run/memory', files: { remove: () => Promise.resolve() } },
    disk: { spec: {} as never, cut, mark: () => Promise.resolve() },
    onSymptom: () => undefined,
  });
  const context = {
    ...{ limitMs: 60_000, signal: new AbortController().signal, progress: () => undefined },
  } as unknown as StepContext;
  await power.start(context);
  await power.arrive('up', context);
  others.length = 0;
  const somebody = (does: string) => () => {
    others.push(does);
    struck.happen();
    return Promise.resolve(SECOND);
  };
  const work = {
    ...{ bytesPlanned: 2 * WRITTEN, marks: {} },
    others: {
      ...{ again: somebody('the update'), 'remove-running': somebody('the removal') },
      fill: ({ leaveMiB, where }: Args<'fill'>) => {
        others.push(`${where ?? 'the layers'} filled`);
        struck.happen();
        return Promise.resolve({ takenMiB: 100, leftMiB: leaveMiB });
      },
    },
  };
  const faults = new Faults({
    power,
    disk: { faults: null, mark: () => Promise.resolve() },
    clock,
    seed: RUN_SEED,
  });
  const { stamp } = await faults.during(plan, work, context, async ({ signal }) => {
    if (!writes) return;
    begins.happen();
    await abortable(struck.has, signal);
  });
  return { stamp, others, power: power.state };
}

function onMachine(
  plan: PowerFault | EngineFault | SpaceFault,
  struck: Omit<Met, 'stamp'>,
  stamp: object = {},
): FaultCase {
  return {
    plan,
    stamp: { bytesWritten: WRITTEN, bytesPlanned: 2 * WRITTEN, ...stamp },
    strikes: async (t: Test) => {
      const { stamp, ...seen } = await met(plan, true);
      t.same(seen, struck);
      return stamp;
    },
    misses: async () => (await met(plan, false)).stamp,
  };
}

const when = afterBytes(1);

export const machineFaults: readonly FaultCase[] = [
  onMachine(powerCut({ when }), {
    others: [`power cut, seed ${RUN_SEED.toString()}`],
    power: 'off',
  }),
  onMachine(powerCut({ when, seed: 7 }), { others: ['power cut, seed 7'], power: 'off' }),
  onMachine(resetButton({ when }), { others: [], power: 'off' }),
  onMachine(rebootInMidUpdate({ when }), { others: ['systemctl reboot'], power: 'off' }),
  onMachine(
    updateTwice({ when }),
    { others: ['the update'], power: 'running' },
    { second: SECOND },
  ),
  onMachine(
    layerRemoved({ when }),
    { others: ['the removal'], power: 'running' },
    { second: SECOND },
  ),
  onMachine(
    spaceExhausted({ when, leaveMiB: 8 }),
    { others: ['the layers filled'], power: 'running' },
    { takenMiB: 100, leftMiB: 8 },
  ),
  onMachine(
    spaceExhausted({ when, leaveMiB: 20, where: '/boot' }),
    { others: ['/boot filled'], power: 'running' },
    { takenMiB: 100, leftMiB: 20 },
  ),
];

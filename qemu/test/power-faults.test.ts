/** Power faults strike a real machine at their moment, and leave a host that is off. */
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../harness/adapters/clock.ts';
import type { PowerFault } from '../../harness/domain/fault.ts';
import { after, onConsole } from '../../harness/domain/moment.ts';
import { powerCut } from '../../harness/faults/power-cut.ts';
import { resetButton } from '../../harness/faults/reset-button.ts';
import { rebootInMidUpdate } from '../../harness/faults/reboot-in-mid-update.ts';
import type { StepContext } from '../../harness/ports/host.ts';
import type { Shell } from '../../harness/ports/shell.ts';
import { abortable } from '../../harness/run/abortable.ts';
import { Faults, type EngineWork } from '../../harness/run/faults.ts';
import { Power, type PowerOptions } from '../../harness/run/power.ts';
import type { QemuMachine } from '../machine.ts';
import { GREETING, writeGuestDisk } from './guest.ts';
import { diskOf, newDirectory, resumeGuest, seen } from './machines.ts';

t.setTimeout(120_000);

const never = new Promise<never>(() => undefined);
const mark = (): Promise<void> => Promise.resolve();
const SAID = /^again$/;
const NO_ENGINE = { bytesPlanned: 0, marks: {}, others: null };

/** What a step under this fault comes to, on a machine that starts with it; what the step does to the machine first. */
async function struck(
  fault: PowerFault,
  begin: (machine: QemuMachine, power: Power, context: StepContext) => Promise<void>,
  shellOn?: (machine: QemuMachine) => Shell,
  work: EngineWork = NO_ENGINE,
): Promise<unknown> {
  const file = join(newDirectory(), 'disk.raw');
  await writeGuestDisk(file);
  const description = {
    disks: [diskOf(file)],
    onReboot: 'shutdown',
    network: { forwardedGuestPorts: [22, 9] },
  } as const;
  const machine = await resumeGuest(newDirectory(), description);
  let starts = 0;
  const options: Partial<PowerOptions> = {
    disk: {
      spec: { id: 'disk0', file, format: 'raw', kind: 'disk' },
      cut: async (_seed, kill) => {
        await kill();
        return null;
      },
      mark,
    },
    files: { remove: () => Promise.resolve() },
    hypervisor: {
      start: () => {
        starts++;
        return Promise.resolve(machine);
      },
    },
    connect: (to) =>
      shellOn === undefined ? abortable(never, to.signal) : Promise.resolve(shellOn(machine)),
    clock: systemClock,
  };
  await using power = new Power(options as PowerOptions);
  const context = {
    signal: new AbortController().signal,
    progress: () => undefined,
    willFreeze: false,
  } as unknown as StepContext;
  await power.start(context);
  if (shellOn !== undefined) await power.arrive('up', context);
  const faults = new Faults({ power, disk: { faults: null, mark }, clock: systemClock, seed: 1 });
  const end = await faults.during(fault, work, context, async ({ signal }) => {
    await begin(machine, power, { ...context, signal });
    return abortable(never, signal);
  });
  // whatever the step does with what it has met
  await new Promise(setImmediate);
  t.equal(starts, 1, 'nobody starts it again');
  t.equal(power.state, 'off');
  t.same((await machine.stopped).reason, fault.does === 'cut' ? 'killed' : 'reset');
  return end;
}

/** The guest echoes it: its greeting may come before anybody listens. */
async function saysSo({ console }: QemuMachine): Promise<void> {
  await seen(console, GREETING);
  await console.type('again\n');
}

for (const make of [powerCut, resetButton]) {
  const { fault } = make({ when: { at: 'start' } });

  t.test(`${fault}, when the console says so`, async (t) => {
    const end = await struck(make({ when: onConsole(SAID) }), saysSo);
    t.match(end, { ended: null, stamp: { fault, line: 'again', bytesWritten: 0 } });
  });

  t.test(`${fault}, in a start that is waited for`, async (t) => {
    const end = await struck(make({ when: onConsole(SAID) }), async (machine, power, context) => {
      await saysSo(machine);
      await power.arrive('up', context);
    });
    t.match(end, { ended: null, stamp: { fault } });
  });

  t.test(`${fault}, when the guest has written`, async (t) => {
    const end = await struck(make({ when: after('write', 1) }), async (machine) => {
      await seen(machine.console, GREETING);
      await machine.console.type('w');
    });
    t.match(end, { ended: null, stamp: { fault, bytesWritten: 512 } });
  });
}

t.test(
  'reboot-in-mid-update, by a command in the guest, which then goes down by itself',
  async (t) => {
    const commands: string[] = [];
    let isLeft = false;
    const shellOn = (machine: QemuMachine): Shell => ({
      run: async (command) => {
        commands.push(command);
        if (command.startsWith('systemctl')) await machine.console.type('r');
        return { status: 0, stdout: '', stderr: '', truncated: false };
      },
      serve: () => never,
      [Symbol.asyncDispose]: () => {
        isLeft = true;
        return Promise.resolve();
      },
    });
    const fault = rebootInMidUpdate({ when: after('write', 1) });
    const begin = async (machine: QemuMachine): Promise<void> => {
      await seen(machine.console, GREETING);
      await machine.console.type('w');
    };
    const end = await struck(fault, begin, shellOn);
    const stamp = { fault: 'reboot-in-mid-update', bytesWritten: 512, bytesPlanned: 0 };
    t.same(end, { ended: null, stamp });
    t.same(commands, ['true', 'systemctl reboot'], 'and nobody has pressed a button');
    t.ok(isLeft, 'its connection is closed');
  },
);

t.test('the power goes while a host goes down by itself', async (t) => {
  const shellOn = (machine: QemuMachine): Shell => ({
    run: async (command) => {
      // it writes on its way down, and is never there
      if (command === 'systemctl poweroff') await machine.console.type('w');
      return { status: 0, stdout: '', stderr: '', truncated: false };
    },
    serve: () => never,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  const fault = powerCut({ when: after('write', 1) });
  const down = (_machine: QemuMachine, power: Power, context: StepContext): Promise<void> =>
    power.off(context);
  const end = await struck(fault, down, shellOn, { ...NO_ENGINE, stops: true });
  t.match(end, { ended: null, stamp: { fault: 'power-cut', bytesWritten: 512 } });
});

t.test('a machine that stops before the fault: as it must, or never', async (t) => {
  const file = join(newDirectory(), 'disk.raw');
  await writeGuestDisk(file);
  for (const stops of [true, false]) {
    await using machine = await resumeGuest(newDirectory(), { disks: [diskOf(file)] });
    const power = { machine } as unknown as Power;
    const faults = new Faults({ power, disk: { faults: null, mark }, clock: systemClock, seed: 1 });
    const signal = new AbortController().signal;
    const context = { signal, progress: () => undefined } as unknown as StepContext;
    const fault = powerCut({ when: onConsole(/never said/) });
    const end = faults.during(fault, { ...NO_ENGINE, stops }, context, async () => {
      await machine.powerCut();
      await machine.stopped;
      // whoever tells an end by the machine's has told it by now
      await new Promise(setImmediate);
      return 'down';
    });
    if (stops) t.same(await end, { ended: 'down', stamp: null });
    else await t.rejects(end, { code: 'host/never' });
  }
});

t.test('a disk that cannot lie is the fault of the story', async (t) => {
  const faults = new Faults({
    ...{ power: { machine: { blockStatistics: () => Promise.resolve({}) } } as unknown as Power },
    ...{ disk: { faults: null, mark }, clock: systemClock, seed: 1 },
  });
  const effect = { kind: 'delay', ms: 1 } as const;
  const plan = { fault: 'slow', strikes: 'disk', when: { at: 'start' }, rule: { effect } } as const;
  const signal = new AbortController().signal;
  const context = { signal, progress: () => undefined } as unknown as StepContext;
  const under = faults.during(plan, NO_ENGINE, context, () => never);
  await t.rejects(under, { code: 'story/misuse', hint: /disks: 'served'/ });
});

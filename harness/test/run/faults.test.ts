/** Faults meet a step at their moment, or not at all. */
import t from 'tap';
import {
  after,
  afterBytes,
  at,
  atMark,
  during,
  onConsole,
  sometime,
  type Moment,
} from '../../domain/moment.ts';
import { prng } from '../../domain/prng.ts';
import type { RunningMachine } from '../../ports/machine.ts';
import type { StepContext } from '../../ports/host.ts';
import { diskGone } from '../../faults/disk-gone.ts';
import { diskSlow } from '../../faults/disk-slow.ts';
import { underDiskFault, underPowerFault } from '../../run/armed-fault.ts';
import { Faults } from '../../run/faults.ts';
import type { Power } from '../../run/power.ts';
import { watch, type Seen, type WatchedStep } from '../../run/moments.ts';
import { fakeClock } from '../fake-clock.ts';

import { busyMachine, goneMachine } from './busy-machine.ts';

const going = (): AbortSignal => new AbortController().signal;
const never = new Promise<never>(() => undefined);

function step(changes: Partial<WatchedStep> = {}): WatchedStep {
  const nobody = (): (() => void) => () => undefined;
  return {
    ...{ machine: busyMachine(), clock: fakeClock(), bytesPlanned: 1000, says: nobody },
    ...{ marks: { switched: /^engine: the default is / }, ...changes },
  };
}

async function seenAt(moment: Moment, changes?: Partial<WatchedStep>): Promise<Seen> {
  return (await watch(moment, step(changes), going())).come;
}

t.test('moments come by what the disks have done', async (t) => {
  t.same(await seenAt({ at: 'start' }), { bytesWritten: 0 });
  t.same(await seenAt(afterBytes(250)), { bytesWritten: 300 });
  t.same(await seenAt(at('upgrade', 0.45)), { bytesWritten: 500 });
  t.same(await seenAt(after('write', 5)), { bytesWritten: 300 });
  t.same(await seenAt(after('flush', 5)), { bytesWritten: 500 });
  t.same(await seenAt(after('read', 2)), { bytesWritten: 200 });
});

t.test('moments come by what is said, from the beginning of the step on', async (t) => {
  const says =
    (...lines: string[]): WatchedStep['says'] =>
    (listener) => {
      for (const line of lines) listener(line);
      return () => undefined;
    };
  const lines = says(
    'Welcome to GRUB!',
    '[    0.000000] Linux version 6.1.0 of somebody',
    '[    7.712685] Run /init as init process',
    '[   62.1] systemd[1]: initrd-switch-root.service: Deactivated successfully.',
  );
  const console = { onLine: lines } as RunningMachine['console'];
  const machine = busyMachine({ console });
  for (const [phase, line] of [
    ['loader', /GRUB/],
    ['kernel', /Linux version/],
    ['initramfs', /Run .init/],
    ['services', /switch-root/],
  ] as const)
    t.match(await seenAt(during('boot', phase), { machine }), { line });
  t.match(await seenAt(onConsole(/^\[ +7/), { machine }), { line: /Run .init/ });
  const engine = says('engine: begins', 'engine: the default is new', 'engine: ends');
  t.match(await seenAt(atMark('switched'), { says: engine }), { line: /default is new/ });
  const flood = says(`engine: the default is ${'x'.repeat(9999)}`);
  t.equal((await seenAt(atMark('switched'), { says: flood })).line?.length, 300, 'bounded');
});

t.test('a moment that can never come is the fault of the story', async (t) => {
  await t.rejects(seenAt(atMark('swiched')), {
    code: 'story/misuse',
    message: /no mark "swiched".*there are: switched/,
  });
});

t.test('an expression whose flags would be lost is refused', (t) => {
  t.throws(() => onConsole(/login/i), { code: 'story/misuse' });
  t.end();
});

t.test('somewhere in a step is the same place for the same seed', (t) => {
  const placed = (seed: number): Moment => sometime('upgrade', prng(seed));
  t.same(placed(1), placed(1));
  t.notSame(placed(1), placed(2));
  t.end();
});

t.test('a step whose connection dies with the machine was cut, and did not fail', async (t) => {
  let die: (error: Error) => void = () => undefined;
  const machine = busyMachine();
  const { come } = await watch(afterBytes(250), step({ machine }), going());
  const stamp = { fault: 'power-cut', bytesWritten: 300, bytesPlanned: 1000 };
  const end = await underPowerFault(
    {
      ...{ machine, clock: fakeClock(), come, withdraw: null, signal: going() },
      strike: async (seen) => {
        die(new Error('the connection was lost'));
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        return { ...stamp, bytesWritten: await seen.bytesWritten };
      },
    },
    () => new Promise((_, reject) => (die = reject)),
  );
  t.same(end, { stamp });
});

t.test('a step that is answered while the power goes has not ended well', async (t) => {
  const striking = new AbortController();
  const answered = new Promise<string>((resolve) => {
    striking.signal.addEventListener('abort', () => {
      resolve('done');
    });
  });
  const stamp = { fault: 'power-cut', bytesWritten: 0, bytesPlanned: 0 };
  const end = await underPowerFault(
    {
      ...{ machine: busyMachine(), clock: fakeClock(), withdraw: null, signal: going() },
      come: Promise.resolve({ bytesWritten: 0 }),
      strike: async () => {
        striking.abort();
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
        return stamp;
      },
    },
    () => answered,
  );
  t.same(end, { stamp });
});

t.test("a machine that stops before the fault strikes is the host's doing", async (t) => {
  const machine = goneMachine({
    stopped: Promise.resolve({ reason: 'reset', detail: 'guest-reset' }),
  });
  const { come } = await watch(afterBytes(250), step({ machine }), going());
  const strike = (): never => {
    throw new Error('it strikes');
  };
  const ended = underPowerFault(
    { machine, clock: fakeClock(), come, withdraw: null, strike, signal: going() },
    () => never,
  );
  await t.rejects(ended, { code: 'host/never', message: /before the fault struck \(reset/ });
});

t.test('a step that ends before the moment is what it would have been', async (t) => {
  const machine = busyMachine();
  const over = new AbortController();
  const { come } = await watch(onConsole(/never said/), step({ machine }), over.signal);
  const strike = (): never => {
    throw new Error('it strikes');
  };
  const armed = {
    ...{ machine, clock: fakeClock(), come, strike, signal: going() },
    withdraw: () => Promise.resolve(false),
  };
  t.same(await underPowerFault(armed, () => Promise.resolve('done')), { ended: 'done' });
  over.abort(new Error('over'));
  await t.rejects(come, /over/);
});

t.test('a disk knows what it does wrong before there is a machine', async (t) => {
  const did: string[] = [];
  const does = (what: string): Promise<void> => {
    did.push(what);
    return Promise.resolve();
  };
  const faults = new Faults({
    power: {
      get machine(): never {
        throw new Error('it is off');
      },
    } as unknown as Power,
    disk: {
      mark: does,
      faults: {
        arm: async (_rule, onStruck) => {
          await does('armed');
          onStruck({ command: 'read', disk: 'disk0', offset: 0, length: 512, records: 0 });
          return () => does('disarmed');
        },
        comeBack: () => does('back'),
      },
    },
    ...{ clock: fakeClock(), seed: 1 },
  });
  const context = { signal: going(), progress: () => undefined } as unknown as StepContext;
  const work = { bytesPlanned: 0, marks: {}, others: null };
  const fault = diskSlow({ command: 'read', ms: 1 });
  const { stamp } = await faults.during(fault, work, context, () => does('switched on'));
  t.match(stamp, { fault: 'disk-slow', requests: 1 });
  t.same(did, ['fault disk-slow', 'armed', 'switched on', 'disarmed']);
});

t.test('a moment that cannot be waited for any more is no error of the step', async (t) => {
  // the machine has restarted, which is another one then
  const machine = goneMachine();
  const armed: unknown[] = [];
  const faults = new Faults({
    power: { machine } as unknown as Power,
    disk: {
      mark: () => Promise.resolve(),
      faults: {
        arm: (rule) => {
          armed.push(rule);
          return Promise.resolve(() => Promise.resolve());
        },
        comeBack: () => Promise.resolve(),
      },
    },
    ...{ clock: fakeClock(), seed: 1 },
  });
  const context = { signal: going(), progress: () => undefined } as unknown as StepContext;
  const fault = diskSlow({ when: after('read', 1000), ms: 1 });
  const work = { bytesPlanned: 0, marks: {}, others: null };
  const end = await faults.during(fault, work, context, async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    return 'done';
  });
  t.same([end, armed], [{ ended: 'done', stamp: null }, []]);
});

t.test('a disk that vanishes as the step ends is back before it has ended', async (t) => {
  const did: string[] = [];
  const fault = diskGone({ command: 'write', backAfterS: 10 });
  const { ended, stamp } = await underDiskFault(
    {
      ...{ plan: fault, come: Promise.resolve({ bytesWritten: 0 }), signal: going() },
      ...{ clock: fakeClock(), onStruck: () => undefined },
      disk: {
        mark: () => Promise.resolve(),
        arm: (_rule, onStruck) =>
          Promise.resolve(async () => {
            await new Promise(setImmediate);
            onStruck({ command: 'write', disk: 'disk0', offset: 0, length: 512, records: 0 });
          }),
        comeBack: async () => {
          await new Promise(setImmediate);
          did.push('back');
        },
      },
    },
    () => Promise.resolve('done'),
  );
  did.push(ended);
  t.same(did, ['back', 'done']);
  t.match(stamp, { fault: 'disk-gone', requests: 1 });
});

t.test('what a disk is told only when the step has ended strikes nothing of it', async (t) => {
  const request = { command: 'write', disk: 'disk0', offset: 0, length: 512, records: 0 } as const;
  const endsWhile = async (does: 'marked' | 'armed'): Promise<readonly string[]> => {
    const did: string[] = [];
    let end: (how: string) => void = () => undefined;
    const ended = new Promise<string>((resolve) => (end = resolve));
    const slowly = async (what: typeof does): Promise<void> => {
      did.push(what);
      if (what !== does) return;
      end('done');
      await new Promise(setImmediate);
    };
    const { stamp } = await underDiskFault(
      {
        ...{ plan: diskGone({ command: 'write', backAfterS: 10, when: afterBytes(1) }) },
        ...{ come: Promise.resolve({ bytesWritten: 1 }), signal: going(), clock: fakeClock() },
        onStruck: () => did.push('told'),
        disk: {
          mark: () => slowly('marked'),
          arm: async (_rule, onStruck) => {
            await slowly('armed');
            onStruck(request);
            return () => Promise.resolve();
          },
          comeBack: () => {
            did.push('back');
            return Promise.resolve();
          },
        },
      },
      () => ended,
    );
    t.equal(stamp, null);
    return did;
  };
  t.same(await endsWhile('marked'), ['marked']);
  t.same(await endsWhile('armed'), ['marked', 'armed', 'back']);
});

/** Moments that a disk which can lie meets exactly. */
import t from 'tap';
import { after, afterBytes, at, type Moment } from '../../domain/moment.ts';
import type { DiskFaults } from '../../ports/host-disk.ts';
import type { StepContext } from '../../ports/host.ts';
import { powerCut } from '../../faults/power-cut.ts';
import { watchByDisk } from '../../run/exact-moment.ts';
import { Faults } from '../../run/faults.ts';
import { Power, type PowerOptions } from '../../run/power.ts';
import { fakeClock } from '../fake-clock.ts';

import { busyMachine, goneMachine } from './busy-machine.ts';

const going = (): AbortSignal => new AbortController().signal;
const never = new Promise<never>(() => undefined);

/** A power fault on a disk that can lie, of which `disk` says what becomes of a rule; what was done to the host, and how it ended. */
async function onLyingDisk(
  when: Moment,
  disk: (onStruck: () => void) => () => void,
  body: () => Promise<string>,
): Promise<{ readonly end: unknown; readonly did: readonly string[]; readonly rules: unknown[] }> {
  const [did, rules]: [string[], unknown[]] = [[], []];
  const faults = new Faults({
    power: {
      machine: busyMachine(),
      cut: () => {
        did.push('cut');
        return Promise.resolve({ kept: 1, lost: 2, torn: 3 });
      },
    } as unknown as Power,
    disk: {
      mark: () => Promise.resolve(),
      faults: {
        arm: (rule, onStruck) => {
          rules.push(rule);
          const disarm = disk(() => {
            onStruck({ command: 'write', disk: 'disk0', offset: 0, length: 512, records: 0 });
          });
          return Promise.resolve(() => {
            did.push('disarmed');
            disarm();
            return Promise.resolve();
          });
        },
        comeBack: () => Promise.resolve(),
      },
    },
    ...{ clock: fakeClock(), seed: 1 },
  });
  const context = { signal: going(), progress: () => undefined } as unknown as StepContext;
  const work = { bytesPlanned: 1000, marks: {}, others: null };
  const end = await faults
    .during(powerCut({ when }), work, context, body)
    .catch((error: unknown) => error);
  return { end, did, rules };
}

const nothing = (): void => undefined;
const CUT = { ended: null, stamp: { fault: 'power-cut', unflushed: { lost: 2 } } };

t.test('a power cut that a disk can meet exactly is its to meet', async (t) => {
  const effect = { kind: 'vanish' };
  for (const [when, rule] of [
    [at('upgrade', 0.25), { afterBytes: 250, effect }],
    [afterBytes(7), { afterBytes: 7, effect }],
    [after('flush', 3), { command: 'flush', nth: 3, effect }],
  ] as const) {
    const strikes = (onStruck: () => void): (() => void) => {
      onStruck();
      return nothing;
    };
    const met = await onLyingDisk(when, strikes, () => never);
    t.same(met.rules, [rule]);
    t.same(met.did, ['cut']);
    t.match(met.end, { ...CUT, stamp: { ...CUT.stamp, bytesWritten: 100 } });
  }
  const missed = await onLyingDisk(
    after('flush', 3),
    () => nothing,
    () => Promise.resolve('done'),
  );
  t.match(missed, { end: { ended: 'done', stamp: null }, did: ['disarmed'] });
  const begun = await onLyingDisk(
    { at: 'start' },
    () => nothing,
    () => never,
  );
  t.match(begun, { end: CUT, did: ['cut'], rules: [] }, 'of others it knows nothing');
});

t.test('a disk that has vanished has vanished, however late that is told', async (t) => {
  const ends = [() => Promise.resolve('done'), () => Promise.reject(new Error('it fails'))];
  for (const body of ends) {
    // told with the answer to whoever takes the rule back
    const late = await onLyingDisk(after('flush', 3), (onStruck) => onStruck, body);
    t.match(late, { end: CUT, did: ['disarmed', 'cut'] });
    const never = await onLyingDisk(after('flush', 3), () => nothing, body);
    t.same(never.did, ['disarmed']);
  }
});

t.test(
  'a host that has just gone down by itself loses what was not flushed all the same',
  async (t) => {
    const did: string[] = [];
    await using power = new Power({
      disk: {
        spec: {},
        mark: () => Promise.resolve(),
        cut: async (seed: number, kill: () => Promise<void>) => {
          await kill();
          did.push(`cut ${seed.toString()}`);
          return { kept: 1, lost: 2, torn: 3 };
        },
      },
    } as unknown as PowerOptions);
    t.same(await power.cut(7), { kept: 1, lost: 2, torn: 3 });
    t.same(did, ['cut 7']);
  },
);

t.test('what a machine that has gone would have said is what the rule waited for', async (t) => {
  const machine = goneMachine();
  const arm: DiskFaults['arm'] = (_rule, onStruck) => {
    onStruck({ command: 'write', disk: 'disk0', offset: 0, length: 512, records: 0 });
    return Promise.resolve(() => Promise.resolve());
  };
  const rule = { afterBytes: 250, effect: { kind: 'vanish' } } as const;
  const { come, withdraw } = await watchByDisk(rule, { arm }, machine);
  t.equal(await (await come).bytesWritten, 250);
  t.equal(await withdraw(), true);
});

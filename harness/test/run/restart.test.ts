/** Starts of a host: by its reset button, and those in which it restarts itself. */
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { deferred } from '../../../qemu/deferred.ts';
import { afterBytes, onConsole } from '../../domain/moment.ts';
import { powerCut } from '../../faults/power-cut.ts';
import type { Shell } from '../../ports/shell.ts';
import { Faults } from '../../run/faults.ts';
import type { Power } from '../../run/power.ts';
import { fakeClock } from '../fake-clock.ts';
import { goneMachine } from './busy-machine.ts';
import { scripted } from './scripted-machine.ts';
import { scriptedPower, STEP } from './scripted-power.ts';

const END_OF_PANIC = '---[ end Kernel panic - not syncing: no root ]---';

t.test('what a hung host still says when it is reset is not held against it', async (t) => {
  const clock = fakeClock();
  const { promise: pressed, resolve: press } = deferred<undefined>();
  const hung = [
    { atMs: 1, says: END_OF_PANIC },
    { atMs: 2, stops: 'reset' },
  ] as const;
  const hypervisor = scripted({ ...clock, sleep: () => pressed }, [hung, []]);
  const connect = (): Promise<never> => Promise.reject(new Error('it hangs'));
  await using power = scriptedPower({ hypervisor, connect, clock });
  await power.start(STEP);
  const restarted = power.restart(STEP);
  await setImmediate();
  press(undefined);
  await restarted;
  t.equal(hypervisor.started.length, 2);
  t.equal(power.state, 'hung', 'until it answers');
});

const NO_UNIT_FAILED = { status: 0, stdout: '', stderr: '' };
const shell = {
  run: () => Promise.resolve(NO_UNIT_FAILED),
  [Symbol.asyncDispose]: () => Promise.resolve(),
} as unknown as Shell;

/** A host of which so many starts reset themselves before it answers. */
function resettingItself(times: number): { readonly power: Power; readonly started: unknown[] } {
  const clock = fakeClock();
  const resets = Array.from({ length: times }, () => [{ atMs: 1, stops: 'reset' }] as const);
  const hypervisor = scripted(clock, [...resets, []]);
  const never = new Promise<never>(() => undefined);
  const connect = (): Promise<Shell> =>
    hypervisor.started.length > times ? Promise.resolve(shell) : never;
  const power = scriptedPower({ hypervisor, connect, clock });
  return { power, started: hypervisor.started };
}

t.test('a host that restarts itself before it answers has not come up', async (t) => {
  const { power, started } = resettingItself(1);
  await power.start(STEP);
  const came = power.arrive('up', STEP);
  await t.rejects(came, { code: 'host/never', message: /booting: the machine stopped \(reset\)/ });
  t.same([power.state, started.length], ['off', 1]);
});

t.test('one that must fall back may do so, a few times', async (t) => {
  const { power, started } = resettingItself(3);
  await power.start(STEP);
  t.same(await power.arrive('fallback', STEP), { ends: 'fallback' });
  t.same([power.state, started.length], ['running', 4]);
  const well = resettingItself(0);
  await well.power.start(STEP);
  const tried = well.power.arrive('fallback', STEP);
  await t.rejects(tried, { code: 'host/expectation', message: /no layer was tried in vain/ });
  const endless = resettingItself(99);
  await endless.power.start(STEP);
  await t.rejects(endless.power.arrive('fallback', STEP), { message: /5 starts in a row/ });
});

t.test('a machine whose reset button does not work is switched off', async (t) => {
  const clock = fakeClock();
  const hypervisor = scripted(clock, [[]]);
  const did: string[] = [];
  const start: typeof hypervisor.start = async (spec) => ({
    ...(await hypervisor.start(spec)),
    reset: () => Promise.reject(new Error('QEMU does not answer')),
    powerCut: () => {
      did.push('cut');
      return Promise.resolve();
    },
  });
  const connect = (): Promise<never> => new Promise(() => undefined);
  await using power = scriptedPower({ hypervisor: { start }, connect, clock });
  await power.start(STEP);
  await t.rejects(power.reset(), /does not answer/);
  t.same([did, power.state], [['cut'], 'off']);
});

t.test('a power cut takes a machine that is being switched on', async (t) => {
  const clock = fakeClock();
  const hypervisor = scripted(clock, [[]]);
  const { promise: ready, resolve: getReady } = deferred<undefined>();
  const did: string[] = [];
  const start: typeof hypervisor.start = async (spec) => {
    await ready;
    const powerCut = (): Promise<void> => {
      did.push('cut');
      return Promise.resolve();
    };
    return { ...(await hypervisor.start(spec)), powerCut };
  };
  const connect = (): Promise<never> => new Promise(() => undefined);
  const disk = {
    ...{ spec: {} as never, mark: () => Promise.resolve() },
    cut: async (_seed: number, kill: () => Promise<void>) => {
      await kill();
      return null;
    },
  };
  await using power = scriptedPower({ hypervisor: { start }, connect, clock, disk });
  const starting = power.start(STEP);
  const cut = power.cut(1);
  getReady(undefined);
  await Promise.all([starting, cut]);
  t.same([did, power.state], [['cut'], 'off']);
});

t.test(
  'a start in which a reset is promised may meet no fault: the host is not blamed',
  async (t) => {
    const stopped = Promise.resolve({ reason: 'reset', detail: 'guest-reset' } as const);
    const disk = { faults: null, mark: () => Promise.resolve() };
    const work = { bytesPlanned: 0, marks: {}, others: null, stops: true };
    for (const when of [onConsole(/never said/), afterBytes(1)]) {
      const power = { machine: goneMachine({ stopped }) } as unknown as Power;
      const faults = new Faults({ ...{ power, disk, seed: 1 }, clock: fakeClock() });
      const { ended, stamp } = await faults.during(powerCut({ when }), work, STEP, async () => {
        for (let turn = 0; turn < 20; turn++) await setImmediate();
        return 'fallback';
      });
      t.same([ended, stamp], ['fallback', null]);
    }
  },
);

/** A host that hangs is started again by its reset button. */
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { deferred } from '../../../qemu/deferred.ts';
import { Power } from '../../run/power.ts';
import { fakeClock } from '../fake-clock.ts';
import { scripted } from './scripted-machine.ts';

const END_OF_PANIC = '---[ end Kernel panic - not syncing: no root ]---';

t.test('what a hung host still says when it is reset is not held against it', async (t) => {
  const clock = fakeClock();
  const { promise: pressed, resolve: press } = deferred<undefined>();
  const hung = [
    { atMs: 1, says: END_OF_PANIC },
    { atMs: 2, stops: 'reset' },
  ] as const;
  const hypervisor = scripted({ ...clock, sleep: () => pressed }, [hung, []]);
  await using power = new Power({
    machine: { name: 'host', dir: '/run', memoryMiB: 512, cpus: 1, firmware: 'uefi' } as never,
    ...{ hypervisor, clock, memoryFile: '/run/memory' },
    connect: () => Promise.reject(new Error('it hangs')),
    disk: { spec: {} as never, cut: () => Promise.resolve(null), mark: () => Promise.resolve() },
    files: { remove: () => Promise.resolve() },
    onSymptom: () => undefined,
  });
  const context = {
    limitMs: 60_000,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...{ lastView: null, willFreeze: false, recalled: () => undefined },
    aside: () => Promise.reject(new Error('not here')),
  };
  await power.start(context);
  const restarted = power.restart(context);
  await setImmediate();
  press(undefined);
  await restarted;
  t.equal(hypervisor.started.length, 2);
  t.equal(power.state, 'hung', 'until it answers');
});

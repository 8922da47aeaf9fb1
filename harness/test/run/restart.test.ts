/** A host that hangs is started again by its reset button. */
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { deferred } from '../../../qemu/deferred.ts';
import { fakeClock } from '../fake-clock.ts';
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

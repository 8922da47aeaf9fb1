/** A machine that was told to stop: one that does not is killed. */
import type { Clock } from '../ports/clock.ts';
import type { RunningMachine } from '../ports/machine.ts';

/** What it may take to stop. */
const STOP_MS = 20_000;

export async function stoppedOrKilled(
  { stopped, powerCut }: Pick<RunningMachine, 'stopped' | 'powerCut'>,
  clock: Clock,
): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(STOP_MS, over.signal).then(powerCut, () => undefined);
  await Promise.race([stopped, late]);
  over.abort();
}

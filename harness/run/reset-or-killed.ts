/** The reset button of a machine that nobody knows of any more: if it does not stop by it, it is killed. */
import type { Clock } from '../ports/clock.ts';
import type { RunningMachine } from '../ports/machine.ts';

/** What it may take to stop. */
const STOP_MS = 20_000;

/** Throws what the button says; the machine is gone then, too. */
export async function resetOrKilled(
  { reset, stopped, powerCut }: Pick<RunningMachine, 'reset' | 'stopped' | 'powerCut'>,
  clock: Clock,
): Promise<void> {
  await reset().catch(async (error: unknown) => {
    await powerCut().catch(() => undefined);
    throw error;
  });
  const over = new AbortController();
  const late = clock.sleep(STOP_MS, over.signal).then(powerCut, () => undefined);
  await Promise.race([stopped, late]);
  over.abort();
}

/** What the console still has to say after a failure: the trace of a panic, the rest of an installer's errors. */
import type { Clock } from '../ports/clock.ts';
import type { RunningMachine } from '../ports/machine.ts';

const QUIET_MS = 1_000;
const MOST_MS = 10_000;
const LOOK_EVERY_MS = 100;

/** Resolves when nothing has come for a second, or when the machine has gone on talking for ten. */
export async function lastWords({ console }: RunningMachine, clock: Clock): Promise<void> {
  const endMs = clock.nowMs() + MOST_MS;
  let received = console.receivedBytes();
  let sinceMs = clock.nowMs();
  while (clock.nowMs() < endMs && clock.nowMs() - sinceMs < QUIET_MS) {
    await clock.sleep(LOOK_EVERY_MS);
    if (console.receivedBytes() === received) continue;
    received = console.receivedBytes();
    sinceMs = clock.nowMs();
  }
}

/** What the console still has to say after a failure: the trace of a panic, the rest of an installer's errors. */
import type { Clock } from '../ports/clock.ts';
import type { MachineConsole } from '../ports/console.ts';
import type { RunningMachine } from '../ports/machine.ts';

const QUIET_MS = 1_000;
const MOST_MS = 10_000;

/** Resolves when nothing has come for a second, or when the machine has gone on talking for ten. */
export async function lastWords({ console }: RunningMachine, clock: Clock): Promise<void> {
  const endMs = clock.nowMs() + MOST_MS;
  while (clock.nowMs() < endMs && (await saysMore(console, clock)));
}

async function saysMore(console: MachineConsole, clock: Clock): Promise<boolean> {
  const heard = new AbortController();
  const unsubscribe = console.onOutput(() => {
    heard.abort();
  });
  try {
    await clock.sleep(QUIET_MS, heard.signal);
    return false;
  } catch {
    return true; // the only end of a sleep but its own
  } finally {
    unsubscribe();
  }
}

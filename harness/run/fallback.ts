/** Starts of a host that must go back to its older layer by itself. */
import { HostproofError } from '../domain/errors.ts';
import type { StepContext } from '../ports/host.ts';
import { SymptomError } from './symptom-watch.ts';

/** More than any host gives a layer on trial. */
const FAILED_STARTS_MAX = 5;

export interface StartingHost {
  readonly start: (context: StepContext) => Promise<void>;
  /** Until it has settled. @returns the units that have failed; null for a host that has restarted itself before it could be asked */
  readonly failedUnits: (context: StepContext) => Promise<readonly string[] | null>;
  readonly isOn: () => boolean;
  /** Until it has gone down to restart. */
  readonly restarted: (context: StepContext) => Promise<void>;
}

/** Until a start is well: those before it end in a restart that is the host's own doing. */
export async function fallenBack(host: StartingHost, context: StepContext): Promise<void> {
  let failures = 0;
  for (; !(await isWell(host, context)); failures++) {
    if (failures === FAILED_STARTS_MAX) {
      const message = `${failures.toString()} starts in a row have failed, and the host has not fallen back`;
      throw new HostproofError('host/never', message);
    }
    context.progress('the host is not well and starts again');
    await host.start(context);
  }
  if (failures > 0) return;
  const message = 'the first start was well: no layer was tried in vain';
  throw new HostproofError('host/expectation', message);
}

/** Whether the start that is under way has ended well; if not, the host has restarted itself, and the machine is off. */
async function isWell(host: StartingHost, context: StepContext): Promise<boolean> {
  const failed = await host.failedUnits(context).catch((error: unknown) => {
    // the connection goes with the host that restarts itself
    if (error instanceof SymptomError || context.signal.aborted || !host.isOn()) throw error;
    return null;
  });
  if (failed?.length === 0) return true;
  if (host.isOn()) await host.restarted(context);
  return false;
}

/** That a machine stopped which should have done something else. */
import { HostproofError } from '../domain/errors.ts';
import type { StopReason } from '../ports/machine.ts';

export function stoppedInstead(what: string, reason: StopReason, detail: string): HostproofError {
  return new HostproofError(
    'host/never',
    `${what}: the machine stopped (${reason}) ${detail}`.trim(),
  );
}

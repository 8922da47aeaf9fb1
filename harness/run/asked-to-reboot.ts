/** A host that is asked to restart while other commands run on it, by the command that an administrator types in the guest. */
import { HostproofError } from '../domain/errors.ts';
import type { StepContext } from '../ports/host.ts';
import type { RunningMachine } from '../ports/machine.ts';
import type { Shell } from '../ports/shell.ts';
import { succeed } from './guest-commands.ts';

/** Resolves when the host has taken it in; who hears nothing any more waits for the machine to be gone. */
export async function askToReboot(
  shell: Shell,
  { stopped }: Pick<RunningMachine, 'stopped'>,
  context: StepContext,
): Promise<void> {
  const answered = succeed(shell, 'systemctl reboot', context).then(
    () => undefined,
    (error: unknown) => {
      // the connection may go down before the answer is there
      if (error instanceof HostproofError && error.code === 'host/never') return stopped;
      throw error;
    },
  );
  await Promise.race([answered, stopped]);
}

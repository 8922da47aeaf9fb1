/** The shell on a machine that starts: there once it has answered a command. */
import type { Connect } from '../ports/connect.ts';
import type { StepContext } from '../ports/host.ts';
import type { RunningMachine, Stop } from '../ports/machine.ts';
import type { Shell } from '../ports/shell.ts';
import { succeed } from './guest-commands.ts';

export const SSH_PORT = 22;
/** The discard service: nothing listens there. */
export const CLOSED_PORT = 9;
/** For the first command: until it is answered, the connection proves nothing. */
const FIRST_COMMAND_MS = 60_000;

/** Until there is a shell, or the machine has stopped before. */
export function connected(
  machine: RunningMachine,
  connect: Connect,
  context: StepContext,
): Promise<{ readonly shell: Shell } | { readonly stop: Stop }> {
  return Promise.race([
    shellOn(machine, connect, context).then((shell) => ({ shell })),
    machine.stopped.then((stop) => ({ stop })),
  ]);
}

async function shellOn(
  machine: RunningMachine,
  connect: Connect,
  context: StepContext,
): Promise<Shell> {
  const shell = await connect({
    port: machine.forwarded(SSH_PORT),
    closedPort: machine.forwarded(CLOSED_PORT),
    deadlineMs: context.limitMs,
    signal: context.signal,
  });
  await succeed(shell, 'true', { ...context, limitMs: FIRST_COMMAND_MS });
  context.progress('the host answers');
  return shell;
}

/** A host that is asked to restart: it answers, it goes before it has, or it says no. */
import t from 'tap';
import { HostproofError } from '../../domain/errors.ts';
import type { StepContext } from '../../ports/host.ts';
import type { RunningMachine } from '../../ports/machine.ts';
import type { CommandResult, Shell } from '../../ports/shell.ts';
import { askToReboot } from '../../run/asked-to-reboot.ts';

const never = new Promise<never>(() => undefined);
const gone = { reason: 'reset', detail: '' } as const;

async function asked(
  answer: Promise<CommandResult>,
  stopped: RunningMachine['stopped'] = never,
): Promise<string | undefined> {
  let asked: string | undefined;
  const run: Shell['run'] = (command) => {
    asked = command;
    return answer;
  };
  const context = { limitMs: 1000, signal: new AbortController().signal } as StepContext;
  await askToReboot({ run } as Shell, { stopped }, context);
  return asked;
}

const ended = (status: number): Promise<CommandResult> =>
  Promise.resolve({ status, stdout: '', stderr: 'Access denied', truncated: false });
const lost = (): Promise<never> =>
  Promise.reject(new HostproofError('host/never', 'the connection was lost'));

t.test('the host has taken it in', async (t) => {
  t.equal(await asked(ended(0)), 'systemctl reboot');
});

t.test('a machine that is gone has taken it in, whatever becomes of the answer', async () => {
  await asked(never, Promise.resolve(gone));
  await asked(lost(), Promise.resolve(gone));
});

t.test('a connection that is lost says nothing: the machine must be gone', async (t) => {
  let stop: (end: typeof gone) => void = () => undefined;
  const stopped = new Promise<typeof gone>((resolve) => (stop = resolve));
  let isOver = false;
  const over = asked(lost(), stopped).then(() => (isOver = true));
  await new Promise(setImmediate);
  t.notOk(isOver);
  stop(gone);
  await over;
});

t.test('a host that says no has not been struck', async (t) => {
  await t.rejects(asked(ended(1)), { code: 'host/command', message: /Access denied/ });
});

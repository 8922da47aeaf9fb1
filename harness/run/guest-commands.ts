/** What verbs do with plain commands on a running host. */
import { HostproofError } from '../domain/errors.ts';
import type { StepContext } from '../ports/host.ts';
import { quote, type Shell } from '../ports/shell.ts';

/** Standard output of a command. @throws HostproofError `host/command` when it fails */
export async function succeed(
  shell: Shell,
  command: string,
  context: StepContext,
  stdin?: string,
): Promise<string> {
  const result = await shell.run(command, {
    deadlineMs: context.limitMs,
    signal: context.signal,
    ...(stdin === undefined ? {} : { stdin }),
  });
  if (result.status === 0) return result.stdout;
  const said = result.stderr.trim().slice(-500);
  const shown = command.slice(0, 200);
  throw new HostproofError('host/command', `${shown}: status ${String(result.status)}: ${said}`);
}

export async function writeFile(
  shell: Shell,
  file: { readonly path: string; readonly content: string },
  context: StepContext,
): Promise<void> {
  const path = quote(file.path);
  const command = `mkdir -p "$(dirname ${path})" && cat > ${path} && sync ${path}`;
  await succeed(shell, command, context, file.content);
}

/** Content as text; null if there is no such file. */
export async function readFile(
  shell: Shell,
  file: { readonly path: string },
  context: StepContext,
): Promise<string | null> {
  const path = quote(file.path);
  const command = `if [ -e ${path} ]; then printf y; cat ${path}; else printf n; fi`;
  const text = await succeed(shell, command, context);
  return text.startsWith('y') ? text.slice(1) : null;
}

export async function removeFile(
  shell: Shell,
  file: { readonly path: string },
  context: StepContext,
): Promise<void> {
  await succeed(shell, `rm -f ${quote(file.path)} && sync`, context);
}

/** Locked, like every account of a host that is reached by keys; what its password field holds tells it from others. */
export async function addUser(
  shell: Shell,
  { name, groups = [] }: { readonly name: string; readonly groups?: readonly string[] | undefined },
  context: StepContext,
): Promise<void> {
  const others = groups.length === 0 ? '' : ` --groups ${quote(groups.join(','))}`;
  const options = `--create-home --user-group --password ${quote(`!${name}`)}${others}`;
  await succeed(shell, `useradd ${options} ${quote(name)} && sync`, context);
}

/** Waits until the host has started all it starts; the units that failed. */
export async function settled(shell: Shell, context: StepContext): Promise<string[]> {
  // answers with status 1 for a degraded host: the failed units say it better
  await shell.run('systemctl is-system-running --wait', {
    deadlineMs: context.limitMs,
    signal: context.signal,
  });
  const failed = await succeed(shell, 'systemctl --failed --plain --no-legend', context);
  return failed
    .split('\n')
    .map((line) => line.split(' ')[0]?.slice(0, 200) ?? '')
    .filter((unit) => unit !== '');
}

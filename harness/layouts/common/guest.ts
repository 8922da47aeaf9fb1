/** What all layouts do on a guest. */
import { z } from 'zod';
import { HostproofError, messageOf } from '../../domain/errors.ts';
import type { Filling } from '../../domain/fillable.ts';
import { treeContentSchema, type TreeContent } from '../../domain/image.ts';
import { issuesOf } from '../../domain/issues.ts';
import type { LayoutContext } from '../../ports/layout.ts';
import { quote, type CommandResult } from '../../ports/shell.ts';

/** Standard output of a command. @throws HostproofError `host/command` when it fails */
export async function run(
  context: LayoutContext,
  command: string,
  stdin?: string,
): Promise<string> {
  const result = await execute(context, command, stdin);
  if (result.status === 0) return result.stdout;
  const said = result.stderr.trim().slice(-500);
  throw new HostproofError('host/command', `${command}: status ${String(result.status)}: ${said}`);
}

/** Whatever status the command ends with. */
export async function execute(
  context: LayoutContext,
  command: string,
  stdin?: string,
): Promise<CommandResult> {
  try {
    return await context.shell.run(command, {
      deadlineMs: context.deadlineMs,
      signal: context.signal,
      onStderrLine: (line) => {
        context.progress(line.slice(0, 200));
      },
      ...(stdin === undefined ? {} : { stdin }),
    });
  } catch (error) {
    if (error instanceof HostproofError) throw error;
    throw new HostproofError('host/command', `${command}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * A command, which says on standard error what is written to a file meanwhile, too. That file may not be there yet, for which
 * `tail` looks once a second unless told otherwise: moments are by these lines. It ends after the shell, with what came last.
 */
export function following(file: string, command: string): string {
  const tail = `exec tail -q -s 0.1 --pid=$$ -n +1 -F ${quote(file)} 2>/dev/null`;
  return `{ ${tail}; } >&2 & ${command}; exit $?`;
}

/**
 * What a layout's probe prints, run by `shell` after what all probes share.
 *
 * @throws HostproofError `harness/internal` when it is out of shape
 */
export async function observed<T>(
  context: LayoutContext,
  shell: string,
  probe: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const program = ['probe/common.sh', probe].map((path) => context.guestScript(path)).join('\n');
  return parseProbe(await run(context, shell, program), schema);
}

function parseProbe<T>(output: string, schema: z.ZodType<T>): T {
  let probe: unknown;
  try {
    probe = JSON.parse(output);
  } catch (error) {
    throw new HostproofError(
      'harness/internal',
      `the probe printed no JSON: ${output.slice(0, 300)}`,
      { cause: error },
    );
  }
  const parsed = schema.safeParse(probe);
  if (parsed.success) return parsed.data;
  throw new HostproofError(
    'harness/internal',
    `the probe's answer is out of shape: ${issuesOf(parsed.error).slice(0, 500)}`,
  );
}

const contentsSchema = z.record(z.string().max(256), treeContentSchema.nullable());

/** Digests of all bases in full, by name; null for one that cannot be read. */
export async function baseContents(
  context: LayoutContext,
  shell: string,
): Promise<Record<string, TreeContent | null>> {
  const output = await run(context, shell, context.guestScript('probe/base-content.sh'));
  return contentsSchema.parse(JSON.parse(output));
}

/** Has a script fill a place. */
export async function filled(
  context: LayoutContext,
  script: string,
  args: readonly string[],
): Promise<Filling> {
  const command = `sh -s -- ${args.map(quote).join(' ')}`;
  const said = await run(context, command, context.guestScript(script));
  const [, takenMiB, leftMiB] = /^(\d{1,9}) (\d{1,9})\s*$/.exec(said) ?? [];
  if (takenMiB !== undefined && leftMiB !== undefined)
    return { takenMiB: Number(takenMiB), leftMiB: Number(leftMiB) };
  throw new HostproofError(
    'host/command',
    `${script} says that this was taken, and is left: ${said.slice(0, 100)}`,
  );
}

/** The lines that a command printed, wherever. */
export function said({ stdout, stderr }: CommandResult): string[] {
  return `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
}

/** sha256 of files by path; null for one that is not there. */
export async function digests(
  context: LayoutContext,
  paths: readonly string[],
): Promise<Record<string, string | null>> {
  if (paths.length === 0) return {};
  const { stdout } = await execute(context, `sha256sum -- ${paths.map(quote).join(' ')}`);
  const seen = new Map(
    stdout.split('\n').flatMap((line) => {
      const match = /^([0-9a-f]{64}) [ *](.*)$/.exec(line);
      return match === null ? [] : [[match[2] ?? '', match[1] ?? ''] as const];
    }),
  );
  return Object.fromEntries(paths.map((path) => [path, seen.get(path) ?? null]));
}

/** Node NG's layout: LVM thin volumes, a read-only base and a read-write layer for each image. */
import { z } from 'zod';
import { HostproofError, messageOf } from '../domain/errors.ts';
import { treeContentSchema, type BuiltImage } from '../domain/image.ts';
import type { EngineOutcome, Layout, LayoutContext } from '../ports/layout.ts';
import { quote, type CommandResult } from '../ports/shell.ts';
import { probeSchema, viewOf } from './thin-probe.ts';

const contentsSchema = z.record(z.string().max(256), treeContentSchema.nullable());

/** Where a downloaded image lies on the host while it is taken in. */
const PAYLOAD = '/var/tmp/update.squashfs';
/** `imgbase` ends with this status when it refused before touching anything. */
const REFUSED = 3;

export default {
  id: 'thin',

  observe: async (context, watch) => {
    const output = await run(
      context,
      'unshare --mount sh -s',
      context.guestScript('probe/thin.sh'),
    );
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
    const parsed = probeSchema.safeParse(probe);
    if (!parsed.success) {
      const issues = parsed.error.issues.map(
        (issue) => `${issue.path.join('.')}: ${issue.message}`,
      );
      throw new HostproofError(
        'harness/internal',
        `the probe's answer is out of shape: ${issues.join('; ').slice(0, 500)}`,
      );
    }
    return viewOf(parsed.data, await digests(context, watch));
  },

  served: (image) => ({
    files: new Map([
      ['/update.squashfs', { path: image.squashfs.path, sizeBytes: image.squashfs.sizeBytes }],
      ['/update.squashfs.sha256', { text: `${image.squashfs.sha256}  update.squashfs\n` }],
    ]),
  }),

  upgrade: async (context, _image, port) => {
    context.progress('downloading the image');
    const url = `http://127.0.0.1:${port.toString()}/update.squashfs`;
    await run(context, `curl -fsS -o ${PAYLOAD} ${url} -o ${PAYLOAD}.sha256 ${url}.sha256`);
    context.progress('imgbase update');
    const ended = await engine(context, `imgbase update --format liveimg ${PAYLOAD}`);
    // the administrator's package manager would remove what it downloaded
    await run(context, `rm -f ${PAYLOAD} ${PAYLOAD}.sha256`);
    return ended;
  },

  rollback: (context, toLayer) =>
    engine(
      context,
      toLayer === null ? 'imgbase rollback' : `imgbase rollback --to ${quote(toLayer)}`,
    ),

  fill: async (context, leaveMiB) => {
    const output = await run(
      context,
      `sh -s -- ${leaveMiB.toString()}`,
      context.guestScript('probe/thin-fill.sh'),
    );
    return Number.parseInt(output, 10);
  },

  baseContents: async (context) => {
    const output = await run(
      context,
      'unshare --mount sh -s',
      context.guestScript('probe/base-content.sh'),
    );
    return contentsSchema.parse(JSON.parse(output));
  },

  upgradeBytes: (image: BuiltImage) => image.squashfs.sizeBytes + image.treeBytes,
} satisfies Layout;

/** Runs the engine, and reads how it ended from its status and its last words. */
async function engine(context: LayoutContext, command: string): Promise<EngineOutcome> {
  const result = await execute(context, command);
  if (result.status === 0) return { outcome: 'done', reason: null };
  const lines = `${result.stdout}\n${result.stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '');
  const reason = (
    lines.findLast((line) => line.startsWith('imgbase:')) ??
    lines.at(-1) ??
    ''
  ).slice(0, 500);
  return { outcome: result.status === REFUSED ? 'refused' : 'failed', reason };
}

async function digests(
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

async function run(context: LayoutContext, command: string, stdin?: string): Promise<string> {
  const result = await execute(context, command, stdin);
  if (result.status === 0) return result.stdout;
  const said = result.stderr.trim().slice(-500);
  throw new HostproofError('host/command', `${command}: status ${String(result.status)}: ${said}`);
}

async function execute(
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

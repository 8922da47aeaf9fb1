/** Node NG's layout: LVM thin volumes, a read-only base and a read-write layer for each image. */
import { z } from 'zod';
import { treeContentSchema, type BuiltImage } from '../domain/image.ts';
import type { EngineOutcome, Layout, LayoutContext } from '../ports/layout.ts';
import { quote } from '../ports/shell.ts';
import { digests, execute, observed, run } from './common/guest.ts';
import { probeSchema, viewOf } from './thin-probe.ts';

const contentsSchema = z.record(z.string().max(256), treeContentSchema.nullable());

/** Where a downloaded image lies on the host while it is taken in. */
const PAYLOAD = '/var/tmp/update.squashfs';
/** `imgbase` ends with this status when it refused before touching anything. */
const REFUSED = 3;

export default {
  id: 'thin',

  observe: async (context, watch) => {
    const probe = await observed(context, 'unshare --mount sh -s', 'probe/thin.sh', probeSchema);
    return viewOf(probe, await digests(context, watch));
  },

  served: ({ update: { path, sha256, sizeBytes } }) =>
    Promise.resolve({
      files: new Map([
        ['/update.squashfs', { path, sizeBytes }],
        ['/update.squashfs.sha256', { text: `${sha256}  update.squashfs\n` }],
      ]),
      directories: new Map(),
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

  digest: async (context) => {
    const output = await run(
      context,
      'unshare --mount sh -s',
      context.guestScript('probe/base-content.sh'),
    );
    return { bases: contentsSchema.parse(JSON.parse(output)), damage: [] };
  },

  upgradeBytes: (image: BuiltImage) => image.update.sizeBytes + image.treeBytes,
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

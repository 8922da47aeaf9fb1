/** Node NG's layout: LVM thin volumes, a read-only base and a read-write layer for each image. */
import type { BuiltImage } from '../domain/image.ts';
import type { EngineOutcome, Layout, LayoutContext } from '../ports/layout.ts';
import { quote } from '../ports/shell.ts';
import { baseContents, digests, execute, filled, observed, run, said } from './common/guest.ts';
import { probeSchema, viewOf } from './thin-probe.ts';

/** What a probe mounts is seen by nobody else. */
const SHELL = 'unshare --mount sh -s';
/** Where a downloaded image lies on the host while it is taken in. */
const PAYLOAD = '/var/tmp/update.squashfs';
/** `imgbase` ends with this status when it refused before touching anything. */
const REFUSED = 3;

export default {
  id: 'thin',

  observe: async (context, watch) => {
    const probe = await observed(context, SHELL, 'probe/thin.sh', probeSchema);
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
    const fetch = `curl -fsS -o ${PAYLOAD} ${url} -o ${PAYLOAD}.sha256 ${url}.sha256`;
    const fetched = await execute(context, fetch);
    context.progress('imgbase update');
    const ended: EngineOutcome =
      fetched.status === 0
        ? await engine(context, `imgbase update --format liveimg ${PAYLOAD}`)
        : { outcome: 'refused', reason: fetched.stderr.trim().slice(-500) };
    // the administrator's package manager would remove what it downloaded
    await run(context, `rm -f ${PAYLOAD} ${PAYLOAD}.sha256`);
    return ended;
  },

  rollback: (context, toLayer) =>
    engine(
      context,
      toLayer === null ? 'imgbase rollback' : `imgbase rollback --to ${quote(toLayer)}`,
    ),

  addKernelArgument: async (context, argument) => {
    const script = context.guestScript('administrator/thin-kernel-argument.sh');
    await run(context, `sh -s -- ${quote(argument)}`, script);
  },

  fill: (context, leaveMiB) => filled(context, 'probe/thin-fill.sh', leaveMiB),

  digest: async (context) => ({ bases: await baseContents(context, SHELL), damage: [] }),

  upgradeBytes: (image: BuiltImage) => image.update.sizeBytes + image.treeBytes,
} satisfies Layout;

/** Runs the engine, and reads how it ended from its status and its last words. */
async function engine(context: LayoutContext, command: string): Promise<EngineOutcome> {
  const result = await execute(context, command);
  if (result.status === 0) return { outcome: 'done', reason: null };
  const lines = said(result);
  const reason = (
    lines.findLast((line) => line.startsWith('imgbase:')) ??
    lines.at(-1) ??
    ''
  ).slice(0, 500);
  return { outcome: result.status === REFUSED ? 'refused' : 'failed', reason };
}

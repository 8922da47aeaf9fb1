/** The layout of CoreOS Node and its like: libostree deployments, each with an `/etc` of its own, and one `/var`. */
import { HostproofError } from '../domain/errors.ts';
import type { CommandEnd } from '../domain/fault.ts';
import type { Layout, LayoutContext } from '../ports/layout.ts';
import { quote, type CommandResult } from '../ports/shell.ts';
import { baseContents, digests, execute, filled, observed, run, said } from './common/guest.ts';
import { probeSchema, statusLines, viewOf } from './ostree-probe.ts';

/** The remote that hosts are installed with. */
const REMOTE = 'reference-node';
/** Request path of the repository. */
const REPOSITORY = '/repo';
/** The image's own, as libostree 2022.7 has no command for it. */
const ROLLBACK = '/usr/libexec/reference-node/ostree-rollback';
/** The image's own, too: whether what was pulled may be staged. */
const CHECK_PULLED = '/usr/libexec/reference-node/check-pulled';
/** How both end when they have changed nothing, and must not. */
const REFUSED = 3;
const CLEANUP = 'ostree admin cleanup';

/**
 * What an upgrade surely writes before it ends: the object that each version has of its own, the initramfs, is about this big, and
 * synced when it was pulled. What staging writes beside may be on its way to the disk still when the host goes down.
 */
const OBJECTS_BYTES = 22 * 2 ** 20;

export default {
  id: 'ostree',

  observe: async (context, watch) => {
    const probe = await observed(context, 'sh -s', 'probe/ostree.sh', probeSchema);
    return viewOf(probe, await digests(context, watch));
  },

  served: async (update, repository) => ({
    files: new Map(),
    directories: new Map([[REPOSITORY, await repository.take(update)]]),
  }),

  upgrade: async (context, _image, server) => {
    // what an upgrade that was cut has left
    for (const command of [leadTo(server), CLEANUP]) {
      const prepared = await execute(context, command);
      if (prepared.status !== 0) return { outcome: 'failed', reason: lastWords(prepared) };
    }
    context.progress('pulling');
    const pulled = await execute(context, 'ostree admin upgrade --pull-only');
    // nothing that boots has been touched, and nothing refers to what was fetched
    if (pulled.status !== 0) return { outcome: 'refused', reason: lastWords(pulled) };
    const checked = await execute(context, CHECK_PULLED);
    if (checked.status === REFUSED) return { outcome: 'refused', reason: lastWords(checked) };
    if (checked.status !== 0) return { outcome: 'failed', reason: lastWords(checked) };
    context.progress('staging');
    const staged = await execute(context, 'ostree admin upgrade --deploy-only --stage');
    if (staged.status === 0) return stagedOrThere(context, staged);
    // it leaves the directory that it was making; the next one cleans up what this cannot
    await execute(context, CLEANUP);
    return { outcome: 'failed', reason: lastWords(staged) };
  },

  // the host's remote leads to the update already; libostree has whoever comes second wait for the sysroot's lock
  upgradeByHand: async (context) =>
    commandEnd(await execute(context, 'ostree admin upgrade --stage')),

  removeRunningByHand: async (context) => {
    const listed = statusLines(await run(context, 'ostree admin status'));
    const index = listed.findIndex(({ isBooted }) => isBooted);
    if (index < 0) throw new HostproofError('host/command', 'no deployment is booted');
    const end = commandEnd(await execute(context, `ostree admin undeploy ${index.toString()}`));
    // places in the list are taken by others when something is staged meanwhile
    if (end.status === 0 && !end.said.includes(listed[index]?.name ?? ''))
      throw new HostproofError('story/misuse', `not what runs was removed: ${end.said}`, {
        hint: 'choose a moment before the update is staged',
      });
    return end;
  },

  marks: { pulling: /^pulling$/, staging: /^staging$/ },

  installPackage: async (context, name, server) => {
    await run(context, leadTo(server));
    const script = context.guestScript('administrator/ostree-install-package.sh');
    await run(context, `sh -s -- ${REMOTE} ${quote(name)}`, script);
  },

  rollback: async (context, toLayer) => {
    const command = toLayer === null ? ROLLBACK : `${ROLLBACK} ${quote(toLayer)}`;
    const ended = await execute(context, command);
    if (ended.status === 0) return { outcome: 'done', reason: null };
    const outcome = ended.status === REFUSED ? 'refused' : 'failed';
    return { outcome, reason: lastWords(ended) };
  },

  addKernelArgument: async (context, argument) => {
    const script = context.guestScript('administrator/ostree-kernel-argument.sh');
    await run(context, `sh -s -- ${quote(argument)}`, script);
  },

  // everything but /boot is on one file system
  fill: (context, { leaveMiB, where = '/var' }) => {
    if (where === '/' || where === 'pool-metadata')
      throw new HostproofError('story/misuse', `an ostree host has no ${where} that can be filled`);
    return filled(context, 'probe/fill.sh', [where, leaveMiB.toString()]);
  },

  digest: async (context) => ({
    bases: await baseContents(context, 'sh -s'),
    damage: await fsck(context),
  }),

  upgradeBytes: () => OBJECTS_BYTES,
} satisfies Layout;

/** The command that has the host's remote lead to what `server` serves. */
function leadTo(server: string): string {
  const url = `http://${server}${REPOSITORY}`;
  return `ostree config set --group='remote "${REMOTE}"' url ${url}`;
}

/** Reads every object of the repository; the lines that tell of errors. */
async function fsck(context: LayoutContext): Promise<string[]> {
  const result = await execute(context, 'ostree fsck --all --quiet');
  if (result.status === 0) return [];
  const lines = said(result);
  if (lines.length === 0)
    throw new HostproofError('host/command', 'ostree fsck failed, and says nothing');
  return lines.slice(-5).map((line) => `ostree fsck: ${line.slice(0, 500)}`);
}

function commandEnd({ status, stdout, stderr }: CommandResult): CommandEnd {
  // that it has waited is on standard error, too, and says nothing of its end
  const error = stderr.split('\n').findLast((line) => line.startsWith('error:'));
  const words = error ?? stdout.trimEnd().split('\n').at(-1) ?? '';
  return { status, said: words.slice(0, 500) };
}

function lastWords(result: CommandResult): string {
  return (said(result).at(-1) ?? '').slice(0, 500);
}

/** libostree holds an update against what runs: another deployment may be what starts next. */
async function stagedOrThere(
  context: LayoutContext,
  { stdout }: Pick<CommandResult, 'stdout'>,
): ReturnType<Layout['upgrade']> {
  if (!stdout.includes('No update available')) return { outcome: 'done', reason: null };
  const [next] = statusLines(await run(context, 'ostree admin status'));
  if (next?.isBooted === true) return { outcome: 'done', reason: null };
  return { outcome: 'refused', reason: 'it runs already, and is not what starts next' };
}

/** Node NG's layout: LVM thin volumes, a read-only base and a read-write layer for each image. */
import type { BuiltImage } from '../domain/image.ts';
import type { EngineOutcome, Layout, LayoutContext } from '../ports/layout.ts';
import { quote, type CommandResult } from '../ports/shell.ts';
import {
  baseContents,
  digests,
  execute,
  filled,
  following,
  observed,
  run,
  said,
} from './common/guest.ts';
import { probeSchema, viewOf } from './thin-probe.ts';

/** What a probe mounts is seen by nobody else. */
const SHELL = 'unshare --mount sh -s';
/** Request path of the repository that updates and packages come from. */
const REPOSITORY = '/rpms';
/** What the scripts of an update leave: the engine's words and `exit STATUS`. rpm makes nothing but a warning of a failure. */
const REPORT = '/run/reference-node/image-update';
/** `imgbase` ends with this status when it refused before touching anything. */
const REFUSED = 3;
const ENGINE = /^imgbase:/;
const REFUSAL = /^imgbase: refused: /;
const ERROR = /^imgbase: error: /;

export default {
  id: 'thin',

  observe: async (context, watch) => {
    const probe = await observed(context, SHELL, 'probe/thin.sh', probeSchema);
    return viewOf(probe, await digests(context, watch));
  },

  served: async (artefact, repository) => ({
    files: new Map(),
    directories: new Map([[REPOSITORY, await repository.take(artefact)]]),
  }),

  upgrade: async (context, image, server) => {
    const name = packageOf(image);
    // the running layer has an update as installed, too, that failed or was cut, or that was rolled back from
    const known = (await execute(context, `rpm --query --quiet ${name}`)).status === 0;
    await run(context, `rm -f ${REPORT}`);
    const attempt = (how: 'reinstall' | 'upgrade' | 'install'): Promise<CommandResult> => {
      context.progress(`dnf ${how} ${name}`);
      // rpm keeps what scripts say to itself until they have ended
      return execute(context, following(REPORT, dnf(server, `${how} ${name}`)));
    };
    let ended = await attempt(known ? 'reinstall' : 'upgrade');
    // a newer one counts as installed that failed: only by its name is an older one taken
    if (hasNothingToDo(ended)) ended = await attempt('install');
    const report = await execute(context, `cat ${REPORT}`);
    return outcomeOf(report.status === 0 ? report.stdout : null, ended);
  },

  upgradeByHand: async (context, image, server) => {
    const ended = await execute(context, dnf(server, `upgrade ${packageOf(image)}`));
    return { status: ended.status, said: ofDnf(ended) };
  },

  removeRunningByHand: async (context) => {
    const device = (await run(context, 'findmnt --noheadings --output SOURCE /')).trim();
    const ended = await execute(context, `lvremove --yes --force ${quote(device)}`);
    return { status: ended.status, said: lastWords(said(ended), /Logical volume/) };
  },

  marks: {
    extracting: /^imgbase: extracting /,
    'carrying over': /^imgbase: making .* carrying over/,
    'installing the kernel': /^imgbase: installing kernel /,
    'default switched': /^imgbase: \S+ is what boots next$/,
  },

  installPackage: async (context, name, server) => {
    await run(context, dnf(server, `install ${name}`));
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

  fill: (context, { leaveMiB, where }) => {
    const left = leaveMiB.toString();
    if (where === undefined) return filled(context, 'probe/thin-fill.sh', [left]);
    if (where === 'pool-metadata') return filled(context, 'probe/thin-fill-metadata.sh', [left]);
    return filled(context, 'probe/fill.sh', [where, left]);
  },

  digest: async (context) => ({ bases: await baseContents(context, SHELL), damage: [] }),

  // downloaded, unpacked by rpm, and extracted by the engine
  upgradeBytes: ({ update, treeBytes }: BuiltImage) => 2 * update.sizeBytes + treeBytes,
} satisfies Layout;

/** The package that an update is: its name, version and release. */
function packageOf({ update }: BuiltImage): string {
  return update.path.replace(/^.*\//, '').replace(/\.noarch\.rpm$/, '');
}

/** Whoever serves the repository says where it is; nothing on the host has to be changed for that. */
function dnf(server: string, command: string): string {
  const url = `http://${server}${REPOSITORY}`;
  return `dnf --assumeyes --setopt=reference-node.baseurl=${url} ${command}`;
}

function hasNothingToDo(ended: CommandResult): boolean {
  return said(ended).some((line) => line.startsWith('Nothing to do'));
}

/** How an update ended: by what its scripts reported, since dnf says of one that failed that it is complete. */
function outcomeOf(report: string | null, ended: CommandResult): EngineOutcome {
  // dnf gave up before any script was run
  if (report === null && (ended.status !== 0 || hasNothingToDo(ended))) {
    return { outcome: 'refused', reason: ofDnf(ended) };
  }
  const status = /^exit (\d+)$/m.exec(report ?? '')?.[1];
  if (status === undefined) return { outcome: 'failed', reason: ofDnf(ended) };
  if (status === '0') return { outcome: 'done', reason: null };
  return notDone(Number(status), (report ?? '').split('\n'));
}

/** Runs the engine, and reads how it ended from its status and its last words. */
async function engine(context: LayoutContext, command: string): Promise<EngineOutcome> {
  const result = await execute(context, command);
  if (result.status === 0) return { outcome: 'done', reason: null };
  return notDone(result.status, said(result));
}

/** Why it refused or failed is not the last that the engine says, if there is something to be undone. */
function notDone(status: number | null, words: readonly string[]): EngineOutcome {
  if (status === REFUSED) return { outcome: 'refused', reason: lastWords(words, REFUSAL) };
  const why = words.some((line) => ERROR.test(line)) ? ERROR : ENGINE;
  return { outcome: 'failed', reason: lastWords(words, why) };
}

/** What dnf gave up for: an error's first line says that there is one, and those after it which. */
function ofDnf(ended: CommandResult): string {
  const lines = said(ended).map((line) => line.trim());
  const error = lines.findIndex((line) => line.startsWith('Error'));
  if (error < 0) return lastWords(lines, /^Nothing to do/);
  return lines.slice(error).join(' ').slice(0, 500);
}

/** The last line that is the speaker's own, or else the last one. */
function lastWords(lines: readonly string[], own: RegExp): string {
  return (lines.findLast((line) => own.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 500);
}

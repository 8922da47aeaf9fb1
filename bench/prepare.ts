/** Installs once, and reads from a run of hostproof with which arguments QEMU is started. */
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { CheckpointStore } from '../harness/adapters/checkpoints/store.ts';
import { say } from '../harness/cli/output.ts';
import type { ActRecord } from '../harness/domain/checkpoint.ts';
import { eventSchema } from '../harness/domain/event.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Files of a host that is off. */
export interface Installed {
  readonly disk: string;
  readonly variables: string;
}

/** What a bare machine has of its own. */
export interface Own extends Installed {
  readonly port: number;
  readonly serialLog: string;
}

export interface Prepared {
  readonly installed: Installed;
  /** Directory of its state. */
  readonly state: string;
  readonly keyFile: string;
  readonly qemu: (own: Own) => Promise<string[]>;
}

const STORY = 'first-command';
export const HOSTPROOF = join(ROOT, 'harness/cli/hostproof.mjs');
const STORIES = ['--scenarios', join(ROOT, 'bench/stories')];
const COMMAND = [HOSTPROOF, 'run', STORY, ...STORIES, '--reporter', 'jsonl'];

/** Milliseconds from starting hostproof to the answer of the first command; the rest of the run is cut off. */
export async function hostproofToFirstCommand(out: string, cache: string): Promise<number> {
  await forgetStart(cache);
  const started = performance.now();
  const run = execa(process.execPath, [...COMMAND, '--out', out], {
    stdin: 'ignore',
    reject: false,
  });
  for await (const line of run) {
    if (!isFirstAnswer(line)) continue;
    const ms = performance.now() - started;
    run.kill('SIGINT');
    await run;
    return ms;
  }
  throw new Error(`the host did not answer: ${(await run).stderr}`);
}

function isFirstAnswer(line: string): boolean {
  const { body } = eventSchema.parse(JSON.parse(line));
  return body.type === 'step.progress' && body.text === 'the host answers';
}

/** A whole run: builds, installs, and warms every cache. Resolves with the directory of its job. */
export async function runOnce(out: string, cache: string): Promise<string> {
  await forgetStart(cache);
  await execa(process.execPath, [...COMMAND, '--out', out], { stdin: 'ignore' });
  const [id = ''] = await readdir(out);
  const [job = ''] = await readdir(join(out, id, 'jobs'));
  return join(out, id, 'jobs', job);
}

/** The installed host is known and its start is not: the next run starts it. */
const forgetStart = (cache: string): Promise<void> => forgetAllButInstallation(cache, STORY);

async function forgetAllButInstallation(cache: string, story: string): Promise<void> {
  const store = storeIn(cache);
  for (const { key, verb } of await known(store, story))
    if (verb !== 'install') await store.forget(key);
}

/** Milliseconds that the upgrade of a host takes whose disk is kept so. */
export async function upgradeOn(
  disks: 'image' | 'served',
  out: string,
  cache: string,
): Promise<number> {
  await forgetAllButInstallation(cache, 'upgrade');
  const options = ['--disks', disks, '--out', out, '--reporter', 'jsonl'];
  const { stdout } = await execa(process.execPath, [
    ...[HOSTPROOF, 'run', 'upgrade', ...STORIES],
    ...options,
  ]);
  for (const line of stdout.split('\n')) {
    const { body } = eventSchema.parse(JSON.parse(line));
    if (body.type === 'step.ended' && body.step === UPGRADE_STEP) return body.durationMs;
  }
  throw new Error('the host was not upgraded');
}

/** In `bench/stories/upgrade.ts`. */
const UPGRADE_STEP = 3;

function storeIn(cache: string): CheckpointStore {
  return new CheckpointStore(cache, { budgetBytes: null, onNote: say });
}

/** What was done for that story, what was used last first: other sources of hostproof have made others, and those may have gone. */
async function known(store: CheckpointStore, story: string): Promise<ActRecord[]> {
  const { records } = await store.list();
  return records
    .toSorted((one, other) => other.usedMs - one.usedMs)
    .flatMap(({ record }) =>
      record.kind === 'act' && record.madeFor.startsWith(`${story}@`) ? [record] : [],
    );
}

/** The directory of the host that the run before this has installed. @throws if it is not kept */
export async function installedFor(story: string, store: CheckpointStore): Promise<string> {
  const state = (await known(store, story)).find(({ verb }) => verb === 'install')?.state ?? null;
  const directory = state === null ? null : await store.open(state);
  if (directory === null)
    throw new Error('the installed host is not kept: `hostproof cache list` says what is');
  return directory;
}

/** The arguments that the job started its last QEMU with, for a machine with files and a port of its own. */
export async function prepare(job: string, cache: string): Promise<Prepared> {
  const files = { disk: join(job, 'disk0.qcow2'), variables: join(job, 'vars.fd') };
  const directory = await installedFor(STORY, storeIn(cache));
  return {
    state: directory,
    installed: { disk: join(directory, 'disk0.qcow2'), variables: join(directory, 'vars.fd') },
    keyFile: join(cache, 'control_ed25519'),
    qemu: (own) => bareArguments(join(job, 'qemu-command.txt'), files, own),
  };
}

/** The last command in that file, for a machine with files and a port of its own, without hostproof's channels and `dropped`. */
export async function bareArguments(
  commandFile: string,
  theirs: Installed,
  own: Own,
  dropped: readonly string[] = [],
): Promise<string[]> {
  const commands = (await readFile(commandFile, 'utf8')).trim().split('\n');
  const words = shellWords(commands.at(-1) ?? '');
  const isDropped = (word: string): boolean => ['-mon', '-chardev', ...dropped].includes(word);
  return words
    .filter(
      (word, index) => word !== '-S' && !isDropped(words[index - 1] ?? '') && !isDropped(word),
    )
    .map((word) =>
      word
        .replaceAll(theirs.disk, own.disk)
        .replaceAll(theirs.variables, own.variables)
        .replace(
          /"hostfwd":\[.*?\]/,
          `"hostfwd":[{"str":"tcp:127.0.0.1:${own.port.toString()}-:22"}]`,
        )
        .replace(/^chardev:serial$/, `file:${own.serialLog}`),
    );
}

/** Words of a command line as `qemu-command.txt` has them: plain, or in single quotes. */
function shellWords(line: string): string[] {
  return [...line.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll(`'\\''`, "'"),
  );
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * Which Debian packages the images are made of: chosen with the machine's own apt configuration, from package lists that
 * the cache keeps, so that an image stays the same until somebody asks for newer packages.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa, ExecaError } from 'execa';
import pRetry from 'p-retry';
import { z } from 'zod';
import { HostproofError, messageOf } from '../harness/domain/errors.ts';
import { keyOf } from './digest.ts';
import { withLock } from '../harness/adapters/lock.ts';
import { debianSources, type SourceFile } from './sources.ts';
import { STEPS } from './step.ts';

/** The packages of every image, and what installing them needs. */
export interface Packages {
  /** Code name of the Debian release. */
  readonly suite: string;
  /** `name=version`, sorted: everything that will be installed, dependencies included. */
  readonly resolved: readonly string[];
  /** Directory with `sources/`, `lists/` and `apt.conf`. */
  readonly apt: string;
}

export interface PackagesOptions {
  readonly cacheDir: string;
  /** Packages that single images add. */
  readonly extra: readonly string[];
  /** Fetch new package lists even if there are some. */
  readonly refresh?: boolean | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const resolutionSchema = z.object({
  inputs: z.string(),
  suite: z.string(),
  resolved: z.array(z.string()),
});

/** Settings of the machine that matter where its packages come from; the rest is not the tree's affair. */
const TRANSPORT = /^Acquire::(http|https|ftp|Check-|Retries|ForceIPv)/;

/**
 * The packages as the kept lists say; the lists are fetched first if there are none.
 *
 * @throws HostproofError `env/image-build` when apt cannot fetch its lists or finds no way to satisfy them
 */
export async function choosePackages(options: PackagesOptions): Promise<Packages> {
  const { cacheDir, extra, refresh = false, signal } = options;
  const known = refresh ? undefined : await knownPackages(cacheDir, extra);
  if (known !== undefined) return known;
  const apt = join(cacheDir, 'apt');
  const wanted = [...(await listedPackages()), ...extra];
  return await withLock(
    join(cacheDir, 'apt.lock'),
    async () => {
      const finished = refresh ? undefined : await knownPackages(cacheDir, extra);
      if (finished !== undefined) return finished;
      if (refresh || !(await exists(join(apt, 'lists')))) await fetchLists(apt, options);
      options.onProgress?.('packages: choosing versions');
      const suite = await suiteOf();
      const resolved = await resolve(apt, wanted, signal);
      const inputs = await resolutionInputs(apt, wanted);
      await replaceFile(join(apt, 'resolved.json'), JSON.stringify({ inputs, suite, resolved }));
      return { suite, resolved, apt };
    },
    { signal, onWait: (holder) => options.onProgress?.(`packages: waiting for ${holder}`) },
  );
}

/** The packages as they were chosen last, if that still holds; touches no network. */
export async function knownPackages(
  cacheDir: string,
  extra: readonly string[],
): Promise<Packages | undefined> {
  const apt = join(cacheDir, 'apt');
  const known = await readResolution(apt, [...(await listedPackages()), ...extra]);
  return known === undefined ? undefined : { ...known, apt };
}

async function listedPackages(): Promise<string[]> {
  const text = await readFile(join(STEPS, 'packages.txt'), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

async function readResolution(
  apt: string,
  wanted: readonly string[],
): Promise<Pick<Packages, 'suite' | 'resolved'> | undefined> {
  try {
    const text = await readFile(join(apt, 'resolved.json'), 'utf8');
    const { inputs, suite, resolved } = resolutionSchema.parse(JSON.parse(text));
    return inputs === (await resolutionInputs(apt, wanted)) ? { suite, resolved } : undefined;
  } catch {
    return undefined; // absent or not ours: choose again
  }
}

/** Changes when the lists or the wanted packages do. */
async function resolutionInputs(apt: string, wanted: readonly string[]): Promise<string> {
  const lists = join(apt, 'lists');
  const files = (await readdir(lists)).filter((name) => name.includes('_dists_')).sort();
  const states = await Promise.all(
    files.map(async (name) => {
      const { size, mtimeMs } = await stat(join(lists, name));
      return [name, size, mtimeMs];
    }),
  );
  const preferences = await readFile(join(STEPS, 'apt-preferences'), 'utf8');
  return keyOf({ wanted: [...wanted].sort(), states, preferences });
}

/** Takes over the machine's sources and settings, and fetches the package lists with them. */
async function fetchLists(apt: string, { onProgress, signal }: PackagesOptions): Promise<void> {
  onProgress?.('packages: fetching the package lists');
  const next = `${apt}.next`;
  await rm(next, { recursive: true, force: true });
  for (const part of ['lists/partial', 'cache', 'sources', 'preferences']) {
    await mkdir(join(next, part), { recursive: true });
  }
  const places = [
    '-o',
    `Dir::State::lists=${join(next, 'lists')}`,
    '-o',
    `Dir::Cache=${join(next, 'cache')}`,
  ];
  const sandbox = ['-o', 'APT::Sandbox::User=root'];
  // A mirror that is busy for a moment is no reason to give up; every attempt is said.
  await pRetry(() => run('apt-get', ['-q', 'update', ...sandbox, ...places], signal), {
    retries: 2,
    onFailedAttempt: ({ error, attemptNumber }) =>
      onProgress?.(`packages: attempt ${String(attemptNumber)} failed: ${messageOf(error)}`),
    ...(signal === undefined ? {} : { signal }),
  });
  const targets = await run(
    'apt-get',
    ['indextargets', ...places, '--format', '$(ORIGIN)|$(REPO_URI)', 'Created-By: Packages'],
    signal,
  );
  const uris = targets
    .split('\n')
    .filter((line) => line.startsWith('Debian|'))
    .map((line) => line.slice('Debian|'.length));
  if (uris.length === 0) {
    throw new HostproofError('env/image-build', "no apt source of this machine is Debian's own", {
      hint: 'the reference images are built from Debian packages, on Debian: see /etc/apt/sources.list.d',
    });
  }
  for (const { name, text } of debianSources(await machineSources(), uris)) {
    await writeFile(join(next, 'sources', name), text);
  }
  const settings = await run('apt-config', ['dump', 'Acquire'], signal);
  const kept = settings.split('\n').filter((line) => TRANSPORT.test(line));
  await writeFile(join(next, 'apt.conf'), `${kept.join('\n')}\n`);
  await rm(apt, { recursive: true, force: true });
  await rename(next, apt);
}

async function machineSources(): Promise<SourceFile[]> {
  const directory = '/etc/apt/sources.list.d';
  const names = (await readdir(directory).catch(() => []))
    .filter((name) => /\.(list|sources)$/.test(name))
    .sort();
  const files = await Promise.all(
    ['/etc/apt/sources.list', ...names.map((name) => join(directory, name))].map(async (path) => ({
      name: path.replace(/^.*\//, ''),
      text: await readFile(path, 'utf8').catch(() => ''),
    })),
  );
  return files.filter(({ text }) => text !== '');
}

/** What apt would install into an empty system. */
async function resolve(
  apt: string,
  wanted: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const settings = {
    'Dir::State::status': '/dev/null',
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::Cache': join(apt, 'cache'),
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(apt, 'sources'),
    'Dir::Etc::preferences': join(STEPS, 'apt-preferences'),
    'Dir::Etc::preferencesparts': '/dev/null',
    'APT::Install-Recommends': 'false',
  };
  const output = await run(
    'apt-get',
    [
      ...['-q', '--simulate', 'install'],
      ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
      ...['?essential', 'apt', ...wanted],
    ],
    signal,
  );
  const resolved = [...output.matchAll(/^Inst (\S+) \((\S+)/gm)].map(
    ([, name = '', version = '']) => `${name}=${version}`,
  );
  return resolved.sort();
}

async function suiteOf(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const suite = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1];
  if (suite !== undefined) return suite;
  throw new HostproofError('env/image-build', '/etc/os-release names no VERSION_CODENAME', {
    hint: 'the reference images are built from Debian packages, on a Debian release',
  });
}

async function run(
  program: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const { stdout } = await execa('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
      env: { LC_ALL: 'C' },
      stdin: 'ignore',
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    return stdout;
  } catch (error) {
    signal?.throwIfAborted();
    const said = error instanceof ExecaError ? error.stderr : messageOf(error);
    throw new HostproofError(
      'env/image-build',
      `${program} ${args[1] ?? ''} failed:\n${String(said)}`,
      {
        cause: error,
        hint: 'apt-get update shows whether this machine reaches its Debian mirror',
      },
    );
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

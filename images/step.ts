/** Runs a step script: a child in namespaces of its own, which leaves no mount and no process behind however we end. */
import { createWriteStream } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { HostproofError, isDiskFull } from '../harness/domain/errors.ts';

export const STEPS = fileURLToPath(new URL('./steps/', import.meta.url));

/** The programs that building needs, and the Debian packages they come in. */
const TOOLS: Readonly<Record<string, string>> = {
  'apt-get': 'apt',
  cc: 'gcc',
  cpio: 'cpio',
  flock: 'util-linux',
  lz4: 'lz4',
  mcopy: 'mtools',
  'mkfs.vfat': 'dosfstools',
  mksquashfs: 'squashfs-tools',
  mmdebstrap: 'mmdebstrap',
  ostree: 'ostree',
  patch: 'patch',
  // the headers come without a program of their own
  'pkg-config': 'libostree-dev',
  rpmbuild: 'rpm',
  setpriv: 'util-linux',
  systemctl: 'systemd',
  tar: 'tar',
  unshare: 'util-linux',
  xorriso: 'xorriso',
};

/**
 * The parent's death kills the step (it follows the thread that spawns: never call this from a worker), the step's
 * death kills its process namespace, and its mount namespace goes with the last process.
 */
const CONFINED = ['--mount', '--mount-proc', '--pid', '--fork', '--kill-child'];

/** An ordinary user is root in a user namespace: enough for a tree with root's files in it. */
const AS_ROOT = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user', '--map-auto'];

/** Lines of the log that are searched for a cause, and that an error message repeats. */
const TAIL_LINES = 200;
const SHOWN_LINES = 12;
const PHASE = '==> ';

/** @throws HostproofError `env/missing-tool` naming every program that is not there, and its package */
export async function requireTools(path = process.env['PATH'] ?? ''): Promise<void> {
  const directories = [
    ...path.split(delimiter).filter((entry) => entry !== ''),
    '/usr/sbin',
    '/sbin',
  ];
  const missing: string[] = [];
  for (const tool of Object.keys(TOOLS)) {
    const places = await Promise.all(
      directories.map((directory) => isProgram(join(directory, tool))),
    );
    if (!places.includes(true)) missing.push(tool);
  }
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => TOOLS[tool] ?? tool))].sort();
  throw new HostproofError('env/missing-tool', `building images needs ${missing.join(', ')}`, {
    hint: `apt-get install ${packages.join(' ')}`,
  });
}

export interface StepOptions {
  /** File name in `images/steps`, or a whole path. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where everything it says goes. */
  readonly log: string;
  readonly onPhase: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** @throws HostproofError `env/disk-full`, or `env/image-build` with the end of the log */
export async function runStep({
  script,
  environment,
  log,
  onPhase,
  signal,
}: StepOptions): Promise<void> {
  await mkdir(dirname(log), { recursive: true });
  const output = createWriteStream(log);
  const written = finished(output);
  written.catch(() => undefined); // awaited below; it may fail before
  const tail: string[] = [];
  const child = execa(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...AS_ROOT, ...CONFINED, 'sh', resolve(STEPS, script)],
    {
      env: { ...environment, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
      stdin: 'ignore',
      all: true,
      buffer: false,
      reject: false,
      ...(signal === undefined ? {} : { cancelSignal: signal, forceKillAfterDelay: 100 }),
    },
  );
  for await (const line of child.iterable({ from: 'all' })) {
    output.write(`${line}\n`);
    if (line.startsWith(PHASE)) onPhase(line.slice(PHASE.length));
    if (tail.push(line) > TAIL_LINES) tail.shift();
  }
  const result = await child;
  output.end();
  await written;
  if (!result.failed) return;
  signal?.throwIfAborted();
  const end = tail.slice(-SHOWN_LINES).join('\n');
  if (tail.some((line) => isDiskFull(new Error(line)))) {
    throw new HostproofError(
      'env/disk-full',
      `no space left while ${script} ran (${log}):\n${end}`,
    );
  }
  throw new HostproofError(
    'env/image-build',
    `${script} ended with ${String(result.exitCode ?? result.signal)}; its output is in ${log} and ends with:\n${end}`,
  );
}

async function isProgram(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

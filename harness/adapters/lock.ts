/** One writer at a time, across processes: a lock that the kernel gives back when its holder dies. */
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { HostproofError } from '../domain/errors.ts';

export interface LockOptions {
  /** Called once if another process holds the lock, with what is known of it. */
  readonly onWait?: (holder: string) => void;
  /** How long to wait for another holder. */
  readonly waitMsMax?: number;
  readonly signal?: AbortSignal | undefined;
}

const WAIT_MS_MAX = 20 * 60_000;

/** Prints a line once it holds the lock, and holds it until its input ends: at the latest when this process dies. */
const HOLD = ['sh', '-c', 'echo held; exec cat >/dev/null'];

/**
 * Runs `body` while holding the lock file `path`.
 *
 * @throws HostproofError `env/lock` when another holder does not give it up in time
 */
export async function withLock<T>(
  path: string,
  body: () => Promise<T>,
  { onWait, waitMsMax = WAIT_MS_MAX, signal }: LockOptions = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const holder =
    (await take(path, ['--nonblock'], signal)) ??
    (await (async () => {
      onWait?.(await describeHolder(path));
      return await take(path, ['--wait', String(Math.ceil(waitMsMax / 1000))], signal);
    })());
  if (holder === undefined) {
    signal?.throwIfAborted();
    throw new HostproofError(
      'env/lock',
      `${path} is still held by ${await describeHolder(path)} after ${String(Math.round(waitMsMax / 1000))} s`,
    );
  }
  try {
    await writeFile(path, `process ${String(process.pid)}\n`);
    return await body();
  } finally {
    await truncate(path).catch(() => undefined); // the text is for people only
    await holder.release();
  }
}

/**
 * Holds the lock file `path`, which nobody else may hold, until this process ends.
 *
 * @throws HostproofError `env/lock`
 */
export async function lockForLife(path: string): Promise<void> {
  const holder = await take(path, ['--nonblock'], undefined);
  if (holder === undefined) throw new HostproofError('env/lock', `${path} is held by another`);
  holder.leave();
}

/** Whether a living process holds the lock file `path`, wherever it runs. */
export async function isLocked(path: string): Promise<boolean> {
  const holder = await take(path, ['--nonblock'], undefined);
  await holder?.release();
  return holder === undefined;
}

interface Holder {
  readonly release: () => Promise<void>;
  /** It is not released; this process may end all the same. */
  readonly leave: () => void;
}

async function take(
  path: string,
  how: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Holder | undefined> {
  const child = execa(
    'flock',
    ['--exclusive', '--conflict-exit-code', '75', ...how, path, ...HOLD],
    {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      buffer: { stdout: false },
      reject: false,
      // Ctrl-C is for this process, which may have to clean up before it ends; its child ends with its input
      detached: true,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    },
  );
  const held = new Promise<true>((resolve) => {
    child.stdout.once('data', () => {
      resolve(true);
    });
  });
  const first = await Promise.race([held, child]);
  if (first === true) {
    return {
      release: async () => {
        child.stdin.end();
        await child;
      },
      leave: () => {
        child.unref();
        const streams = [child.stdin, child.stdout, child.stderr];
        for (const stream of streams as unknown as { readonly unref: () => void }[]) stream.unref();
      },
    };
  }
  if (first.exitCode === 75 || first.isCanceled) return undefined;
  throw new HostproofError(
    'env/lock',
    `cannot lock ${path}: ${first.shortMessage} ${first.stderr}`,
    {
      cause: first,
      hint: 'flock comes with util-linux; the directory must be writable',
    },
  );
}

async function describeHolder(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim() === '' ? 'another process' : text.trim();
}

/**
 * What a living process uses, so that no other one takes it away: a directory for each process, with an empty file for each thing,
 * and one that it holds locked while it lives. The kernel gives that lock back, whatever ends the process, and says so to all
 * who share the file system.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostproofError } from '../../domain/errors.ts';

const HELD = 'held';

/** Directories of this process. */
const given = new Set<string>();

function giveBack(): void {
  for (const directory of given) rmSync(directory, { recursive: true, force: true });
}

export class Leases {
  readonly #directory: string;
  #own: Promise<string> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Until this process ends. Nobody may be looking at leases meanwhile. */
  async take(names: readonly string[]): Promise<void> {
    this.#own ??= this.#begin();
    const own = await this.#own;
    for (const name of names) await writeFile(join(own, name), '');
  }

  /** Everything that is in use; what dead processes have left is cleared away. */
  async taken(): Promise<Set<string>> {
    const names: string[] = [];
    for (const holder of await readdir(this.#directory).catch(() => [])) {
      const directory = join(this.#directory, holder);
      if (await isHeld(join(directory, HELD))) {
        // it may end just now
        names.push(...(await readdir(directory).catch(() => [])));
      } else await rm(directory, { recursive: true, force: true });
    }
    return new Set(names);
  }

  async #begin(): Promise<string> {
    const directory = join(this.#directory, randomBytes(8).toString('hex'));
    await mkdir(directory, { recursive: true });
    await hold(join(directory, HELD));
    if (given.size === 0) process.once('exit', giveBack);
    given.add(directory);
    return directory;
  }
}

/** Holds the lock of a file until this process ends: a child does, whose input ends with this process. */
async function hold(file: string): Promise<void> {
  const script = ['sh', '-c', 'echo held; exec cat >/dev/null'];
  const child = spawn('flock', ['--exclusive', '--nonblock', file, ...script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C is for this process, which may have to clean up before it ends
    detached: true,
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new HostproofError('env/lock', `cannot lock ${file}`);
    }),
  ]);
  // it ends by itself, and nobody waits for it
  child.unref();
  for (const stream of [child.stdin, child.stdout] as unknown as { unref: () => void }[])
    stream.unref();
}

async function isHeld(file: string): Promise<boolean> {
  const child = spawn('flock', ['--exclusive', '--nonblock', '--no-fork', file, 'true'], {
    stdio: 'ignore',
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  return status !== 0;
}

/**
 * What a living process uses, so that no other one takes it away: a directory for each process, with an empty file for each thing,
 * and one that it holds locked while it lives. The kernel gives that lock back, whatever ends the process, and says so to all
 * who share the file system.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLocked, lockForLife } from '../lock.ts';

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
      if (await isLocked(join(directory, HELD))) {
        // it may end just now
        names.push(...(await readdir(directory).catch(() => [])));
      } else await rm(directory, { recursive: true, force: true });
    }
    return new Set(names);
  }

  async #begin(): Promise<string> {
    const directory = join(this.#directory, randomBytes(8).toString('hex'));
    await mkdir(directory, { recursive: true });
    await lockForLife(join(directory, HELD));
    if (given.size === 0) process.once('exit', giveBack);
    given.add(directory);
    return directory;
  }
}

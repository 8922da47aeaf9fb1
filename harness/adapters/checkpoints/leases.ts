/**
 * What a living process uses, so that no other one takes it away: a directory for each process with an empty file for each thing.
 * A process that was killed leaves its directory behind, and is known to be gone by its number and the time of its start.
 */
import { rmSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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

  /** Until this process ends. */
  async take(name: string): Promise<void> {
    this.#own ??= this.#begin();
    await writeFile(join(await this.#own, name), '');
  }

  /** Everything that is in use; what dead processes have left is cleared away. */
  async taken(): Promise<Set<string>> {
    const holders = await readdir(this.#directory).catch(() => []);
    const names = await Promise.all(
      holders.map(async (holder) => {
        const directory = join(this.#directory, holder);
        const [pid = ''] = holder.split('-');
        if (holder === (await identityOf(pid))) return readdir(directory);
        await rm(directory, { recursive: true, force: true });
        return [];
      }),
    );
    return new Set(names.flat());
  }

  async #begin(): Promise<string> {
    const directory = join(this.#directory, await identityOf(process.pid.toString()));
    await mkdir(directory, { recursive: true });
    if (given.size === 0) process.once('exit', giveBack);
    given.add(directory);
    return directory;
  }
}

/** Number and start of a process (proc(5), `stat`, field 22): numbers come again, the two together do not. Empty: it is gone. */
async function identityOf(pid: string): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // the second field is the name in parentheses, and may hold anything
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return started === undefined ? '' : `${pid}-${started}`;
}

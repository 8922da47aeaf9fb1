/**
 * The cache of what was built: one directory per stage and key, `<cache>/images/<stage>-<key>`, written under a
 * temporary name, fsynced and renamed, so that it is there whole or not at all.
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { HostproofError, isDiskFull, messageOf } from '../harness/domain/errors.ts';
import { withLock } from '../harness/adapters/lock.ts';
import { readRecord, RECORD, seal, sync, type StageFacts, type Stored } from './record.ts';

/** What a stage is made from and how. */
export interface Stage {
  /** Says what it is in file names and messages: `root`, `tree-1.1`. */
  readonly name: string;
  /** Hash over everything that can change the result. */
  readonly key: string;
  /** The stages it stands on, which are made first if they are absent. */
  readonly inputs: readonly Stage[];
  /** Puts the results into `out`; `work` is a directory for everything else. */
  readonly make: (places: Places) => Promise<StageFacts>;
}

export interface Places {
  readonly out: string;
  readonly work: string;
  /** Directories of the inputs' results, in the order of `inputs`. */
  readonly inputs: readonly string[];
}

export interface StoreOptions {
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** As many as there are cores to use: the steps are busy with one or two each. */
const AT_ONCE = 2;

export class Store {
  /** Where stages live. */
  readonly directory: string;
  readonly #makers = new PQueue({ concurrency: AT_ONCE });
  readonly #inFlight = new Map<string, Promise<Stored>>();

  constructor(cacheDir: string) {
    this.directory = join(cacheDir, 'images');
  }

  /**
   * The stage as it was built before; undefined if it was not. Checks sizes and times, not bytes.
   *
   * @throws HostproofError `env/image-damaged`
   */
  find(stage: Pick<Stage, 'name' | 'key'>): Promise<Stored | undefined> {
    return readRecord(this.#place(stage), stage.key);
  }

  /**
   * The stage's results, made now if they are not there. A damaged one is said, thrown away and made again. Of several
   * processes one makes it and the others take it over.
   */
  obtain(stage: Stage, options: StoreOptions = {}): Promise<Stored> {
    const id = `${stage.name}-${stage.key}`;
    const running = this.#inFlight.get(id);
    if (running !== undefined) return running;
    const promise = this.#obtain(stage, options).finally(() => this.#inFlight.delete(id));
    this.#inFlight.set(id, promise);
    return promise;
  }

  async #obtain(stage: Stage, options: StoreOptions): Promise<Stored> {
    const { onProgress, signal } = options;
    const say = (text: string): void => onProgress?.(`${stage.name}: ${text}`);
    const present = await this.#findSound(stage, () => undefined);
    if (present !== undefined) {
      const now = new Date();
      // for sweep(); a cache that cannot be written to is still good to read
      await utimes(join(present.directory, RECORD), now, now).catch(() => undefined);
      return present;
    }
    const lock = join(this.directory, 'locks', `${stage.name}-${stage.key}`);
    return await withLock(
      lock,
      async () => {
        const finished = await this.#findSound(stage, (reason) => {
          say(`${reason}; making it again`);
        });
        if (finished !== undefined) return finished;
        await rm(this.#place(stage), { recursive: true, force: true });
        const inputs = await Promise.all(stage.inputs.map((input) => this.obtain(input, options)));
        return await this.#makers.add(async () => {
          signal?.throwIfAborted();
          const startMs = performance.now();
          const stored = await this.#make(
            stage,
            inputs.map(({ directory }) => directory),
          );
          const seconds = Math.round((performance.now() - startMs) / 1000);
          say(`made in ${String(seconds)} s, ${megabytes(stored)} MB`);
          return stored;
        });
      },
      {
        signal,
        onWait: (holder) => {
          say(`waiting for ${holder}, which is making it`);
        },
      },
    );
  }

  /**
   * Throws away what nobody has asked for in `days`: a change of a recipe or of a guest file leaves the results of its
   * older state behind.
   */
  async sweep(days: number): Promise<void> {
    const oldMs = Date.now() - days * 86_400_000;
    for (const entry of await readdir(this.directory)) {
      if (entry === 'locks' || entry === 'logs') continue;
      const place = join(this.directory, entry);
      const used = await stat(join(place, RECORD)).catch(() => stat(place).catch(() => undefined));
      if (used === undefined || used.mtimeMs > oldMs) continue;
      await rm(place, { recursive: true, force: true });
    }
  }

  async #findSound(stage: Stage, onDamage: (reason: string) => void): Promise<Stored | undefined> {
    try {
      return await this.find(stage);
    } catch (error) {
      if (!(error instanceof HostproofError) || error.code !== 'env/image-damaged') throw error;
      onDamage(error.message);
      return undefined;
    }
  }

  async #make(stage: Stage, inputs: readonly string[]): Promise<Stored> {
    const place = this.#place(stage);
    // We hold the lock: whatever is left under this name belongs to a process that died.
    for (const entry of await readdir(this.directory)) {
      if (entry.startsWith(`${temporaryName(stage)}.`)) {
        await rm(join(this.directory, entry), { recursive: true, force: true });
      }
    }
    const temporary = await mkdtemp(join(this.directory, `${temporaryName(stage)}.`));
    try {
      const out = join(temporary, 'out');
      const work = join(temporary, 'work');
      await mkdir(out);
      await mkdir(work);
      const facts = await stage.make({ out, work, inputs });
      const files = await seal(out, stage.key, facts);
      await rename(out, place);
      await sync(this.directory);
      return { directory: place, facts, files };
    } catch (error) {
      if (!(error instanceof HostproofError) && isDiskFull(error)) {
        throw new HostproofError(
          'env/disk-full',
          `no space left in ${this.directory} while making ${stage.name}: ${messageOf(error)}`,
          { cause: error },
        );
      }
      throw error;
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  #place(stage: Pick<Stage, 'name' | 'key'>): string {
    return join(this.directory, `${stage.name}-${stage.key.slice(0, 32)}`);
  }
}

function megabytes({ files }: Stored): string {
  const bytes = Object.values(files).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return String(Math.round(bytes / 1e6));
}

function temporaryName(stage: Stage): string {
  return `tmp-${stage.name}-${stage.key.slice(0, 32)}`;
}

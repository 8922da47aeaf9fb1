/**
 * The cache of what was built: one directory per stage and key, `<cache>/images/<stage>-<key>`, written under a
 * temporary name, fsynced and renamed, so that it is there whole or not at all.
 */
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { z } from 'zod';
import { HostproofError, isDiskFull, messageOf } from '../harness/domain/errors.ts';
import { sha256File } from './digest.ts';
import { withLock } from './lock.ts';

const FORMAT = 1;
const RECORD = 'record.json';

const fileSchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.number().int().nonnegative(),
  /** When it was written: a file that was touched since is not trusted. */
  mtimeMs: z.number(),
});

const recordSchema = z.object({
  format: z.literal(FORMAT),
  key: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
  /** By path inside the directory. */
  files: z.record(z.string(), fileSchema),
});

type Record_ = z.infer<typeof recordSchema>;
export type StageFacts = Record_['facts'];

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

/** A stage's results, whole and in their final place. */
export interface Stored {
  readonly directory: string;
  readonly facts: StageFacts;
  readonly files: Record_['files'];
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

  /** The stage as it was built before; undefined if it was not. Checks sizes and times, not bytes. */
  async find(stage: Pick<Stage, 'name' | 'key'>): Promise<Stored | undefined> {
    const directory = this.#place(stage);
    const text = await readFile(join(directory, RECORD), 'utf8').catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    const record = parseRecord(text);
    if (record?.key !== stage.key) throw damaged(directory, `${RECORD} is not readable`);
    for (const [path, file] of Object.entries(record.files)) {
      const stats = await stat(join(directory, path)).catch(() => undefined);
      if (stats === undefined) throw damaged(directory, `${path} is missing`);
      if (stats.size !== file.sizeBytes) {
        throw damaged(
          directory,
          `${path} has ${String(stats.size)} bytes instead of ${String(file.sizeBytes)}`,
        );
      }
      if (stats.mtimeMs !== file.mtimeMs)
        throw damaged(directory, `${path} was changed after it was built`);
    }
    return { directory, facts: record.facts, files: record.files };
  }

  /** Reads every byte of a stored stage. @throws HostproofError `env/image-damaged` */
  async verify(stored: Stored): Promise<void> {
    for (const [path, file] of Object.entries(stored.files)) {
      const sha256 = await sha256File(join(stored.directory, path));
      if (sha256 !== file.sha256) {
        throw damaged(
          stored.directory,
          `${path} has the digest ${sha256} instead of ${file.sha256}`,
        );
      }
    }
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
    if (present !== undefined) return present;
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

  /** Throws a stage away, so that it is made again. */
  async discard(stage: Pick<Stage, 'name' | 'key'>): Promise<void> {
    await rm(this.#place(stage), { recursive: true, force: true });
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
      const files = await seal(out);
      const record: Record_ = { format: FORMAT, key: stage.key, facts, files };
      await writeFile(join(out, RECORD), `${JSON.stringify(record, null, 2)}\n`);
      await sync(join(out, RECORD));
      await sync(out);
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

/** Makes every file below `directory` durable and describes it. */
async function seal(directory: string, below = ''): Promise<Record_['files']> {
  const files: Record_['files'] = {};
  for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    const whole = join(directory, path);
    if (entry.isDirectory()) {
      Object.assign(files, await seal(directory, path));
    } else {
      const { size, mtimeMs } = await stat(whole);
      files[path] = { sha256: await sha256File(whole), sizeBytes: size, mtimeMs };
    }
    await sync(whole);
  }
  return files;
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parseRecord(text: string): Record_ | undefined {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // whatever it says, it is no record of ours
  }
}

function damaged(directory: string, what: string): HostproofError {
  return new HostproofError('env/image-damaged', `${directory} is damaged: ${what}`);
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT';
}

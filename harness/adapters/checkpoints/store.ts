/**
 * The store of checkpoints, `<cache>/checkpoints/<format>/`: a record for each step under its key, and beside them the states
 * that they name. A record is the one thing that makes a step known: it is written last, at once, and synced.
 */
import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CHECKPOINT_FORMAT,
  stepRecordSchema,
  type KeptState,
  type StepRecord,
} from '../../domain/checkpoint.ts';
import { HostproofError, isDiskFull, messageOf } from '../../domain/errors.ts';
import type { Checkpoints } from '../../ports/checkpoints.ts';
import { withLock } from '../lock.ts';
import { condemned } from './condemned.ts';
import { Leases } from './leases.ts';
import { readSealed, removeSealed, touch, writeSealed } from './sealed-file.ts';
import { States, type StoredState } from './states.ts';

export interface StoreOptions {
  /** What it may take on the disk, in bytes; null: as is usual. */
  readonly budgetBytes: number | null;
  /** What is left free on the disk when a state is begun. */
  readonly reserveBytes?: number;
  /** Nothing is known that this process has not kept itself. */
  readonly refresh?: boolean;
  /** Nothing is kept. */
  readonly isReadOnly?: boolean;
  /** Told of what is damaged, a line each. */
  readonly onNote: (text: string) => void;
}

const BUDGET_BYTES = 20 * 2 ** 30;
/** Of the disk that is free, or taken by checkpoints. */
const BUDGET_SHARE = 0.25;
/** Room for the memory of a machine, and for what else happens meanwhile. */
const RESERVE_BYTES = 3 * 2 ** 30;
const RECORD_DAYS = 30;
/** Nobody holds the lock for longer than it takes to remove files. */
const LOCK_MS_MAX = 120_000;

export class CheckpointStore implements Checkpoints {
  readonly #directory: string;
  readonly #options: StoreOptions;
  readonly #leases: Leases;
  readonly #states: States;
  /** Keys of what this process has kept. */
  readonly #own = new Set<string>();

  constructor(cacheDirectory: string, options: StoreOptions) {
    this.#directory = join(cacheDirectory, 'checkpoints', CHECKPOINT_FORMAT.toString());
    this.#options = options;
    this.#leases = new Leases(join(this.#directory, 'leases'));
    this.#states = new States(
      join(this.#directory, 'states'),
      (ids) => this.#alone(() => this.#leases.take(ids)),
      (text) => {
        options.onNote(`${text}: it is dropped, and made again when it is needed`);
      },
    );
  }

  async find<K extends StepRecord['kind']>(
    kind: K,
    key: string,
  ): Promise<Extract<StepRecord, { kind: K }> | null> {
    if (this.#options.refresh === true && !this.#own.has(key)) return null;
    return this.#told('reading what is known', async () => {
      const record = await this.#read(key);
      if (record?.kind !== kind) return null;
      await touch(this.#file(key));
      return record as Extract<StepRecord, { kind: K }>;
    });
  }

  async keep<R extends StepRecord>(record: R, replaces: string | null = null): Promise<R> {
    if (this.#options.isReadOnly === true) return record;
    return this.#told(`keeping a step`, async () => {
      const there = await this.#read(record.key);
      const isOld =
        there !== null &&
        ((there.kind === 'act' && there.id === replaces) ||
          (this.#options.refresh === true && !this.#own.has(record.key)));
      if (isOld) await removeSealed(this.#file(record.key));
      if (await writeSealed(this.#file(record.key), record)) {
        this.#own.add(record.key);
        return record;
      }
      return ((await this.#read(record.key)) as R | null) ?? record;
    });
  }

  /** From now on the step is not known. */
  async forget(key: string): Promise<void> {
    if (this.#options.isReadOnly === true) return;
    await this.#told('forgetting a step', () => removeSealed(this.#file(key)));
  }

  newState(): Promise<{ readonly id: string; readonly directory: string } | null> {
    return this.#told('making room for a checkpoint', async () => {
      if (this.#options.isReadOnly === true || !(await this.#hasRoom())) return null;
      const id = await this.#states.create();
      return { id, directory: this.#states.directoryOf(id) };
    });
  }

  sealed(id: string, standsOn: string | null): Promise<KeptState> {
    return this.#told('keeping a checkpoint', () => this.#states.seal(id, standsOn));
  }

  open(state: KeptState): Promise<string | null> {
    return this.#told('opening a checkpoint', () => this.#states.open(state.id));
  }

  /**
   * Everything that is kept: the records of acts, and the states, whether or not a record names them. Who asks for a record
   * uses its state, too: a story that is only recalled would go on from there as soon as it is changed.
   */
  async list(): Promise<{
    readonly records: readonly { readonly record: StepRecord; readonly usedMs: number }[];
    readonly states: readonly StoredState[];
  }> {
    const records = [];
    const askedMs = new Map<string, number>();
    for (const key of await this.#keys()) {
      const record = await this.#read(key);
      if (record === null) continue;
      const usedMs = (await stat(this.#file(key)).catch(() => null))?.mtimeMs ?? 0;
      records.push({ record, usedMs });
      if (record.kind === 'act' && record.state !== null) askedMs.set(record.state.id, usedMs);
    }
    const states = (await this.#states.list()).map((one) => ({
      ...one,
      usedMs: Math.max(one.usedMs, askedMs.get(one.id) ?? 0),
    }));
    return { records, states };
  }

  /** Reads every byte; what is damaged is told and dropped. @returns how many records and states are sound */
  async verify(): Promise<{ readonly records: number; readonly states: number }> {
    const { records, states } = await this.list();
    const ids = states.map(({ id }) => id);
    await this.#alone(() => this.#leases.take(ids));
    let sound = 0;
    // what has gone in the meantime was not damaged
    for (const { state } of await this.#states.list())
      if (state !== null && (await this.#states.isSound(state, { anew: true }))) sound++;
    return { records: records.length, states: sound };
  }

  /**
   * Throws away what is not needed: states that no record names, records that were not used for long, and, until what is left fits
   * the budget, the states that were not used for the longest time. What others stand on goes after them; what a living process
   * uses stays.
   *
   * @returns what the states that are left take, in bytes
   */
  async collect(budgetBytes?: number): Promise<number> {
    return this.#told('clearing up', async () => {
      await mkdir(this.#directory, { recursive: true });
      // nobody takes a lease meanwhile
      return this.#alone(() => this.#collect(budgetBytes));
    });
  }

  async #collect(given: number | undefined): Promise<number> {
    // before the records: whoever ends in between has kept what its states are for
    const taken = await this.#leases.taken();
    const { records, states } = await this.list();
    const named = new Set(
      records.flatMap(({ record }) => (record.kind === 'act' ? (record.state?.id ?? []) : [])),
    );
    const oldMs = Date.now() - RECORD_DAYS * 86_400_000;
    await this.#sweepFormats(oldMs);
    for (const { record, usedMs } of records) if (usedMs < oldMs) await this.forget(record.key);
    const budgetBytes = given ?? (await this.#budgetBytes(totalOf(states)));
    const gone = condemned(states, { named, taken, budgetBytes });
    for (const { id } of gone) await this.#states.drop(id);
    return totalOf(states) - totalOf(gone);
  }

  /** Throws away all records, and all states that no living process uses. */
  async clear(): Promise<void> {
    for (const key of await this.#keys()) await this.forget(key);
    await this.collect(0);
  }

  /** What other versions of hostproof keep is theirs, until it has not been used for long. */
  async #sweepFormats(oldMs: number): Promise<void> {
    const all = join(this.#directory, '..');
    for (const name of await readdir(all)) {
      const directory = join(all, name);
      const used = await stat(join(directory, 'leases')).catch(() => null);
      if (directory === this.#directory || used === null || used.mtimeMs > oldMs) continue;
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #hasRoom(): Promise<boolean> {
    const takenBytes = totalOf(await this.#states.list());
    const budget = await this.#budgetBytes(takenBytes);
    if (takenBytes > budget && (await this.collect(budget)) > budget) return false;
    return (await this.#freeBytes()) > (this.#options.reserveBytes ?? RESERVE_BYTES);
  }

  async #budgetBytes(takenBytes: number): Promise<number> {
    const { budgetBytes } = this.#options;
    const share = async (): Promise<number> =>
      BUDGET_SHARE * ((await this.#freeBytes()) + takenBytes);
    return budgetBytes ?? Math.min(BUDGET_BYTES, await share());
  }

  async #freeBytes(): Promise<number> {
    await mkdir(this.#directory, { recursive: true });
    const { bavail, bsize } = await statfs(this.#directory);
    return bavail * bsize;
  }

  async #read(key: string): Promise<StepRecord | null> {
    const file = this.#file(key);
    const read = await readSealed(file, stepRecordSchema);
    if (read === null) return null;
    if ('content' in read && read.content.key === key) return read.content;
    const wrong = 'wrong' in read ? read.wrong : 'it is another one';
    this.#options.onNote(`record ${key.slice(0, 12)}: ${wrong}: it is dropped, and made again`);
    await removeSealed(file);
    return null;
  }

  async #keys(): Promise<string[]> {
    const names = await readdir(join(this.#directory, 'records'), { recursive: true }).catch(
      () => [],
    );
    return names.flatMap((name) => /([0-9a-f]{64})\.json$/.exec(name)?.[1] ?? []);
  }

  #file(key: string): string {
    return join(this.#directory, 'records', key.slice(0, 2), `${key}.json`);
  }

  /** One process at a time: with leases, or taking away what nobody has leased. */
  #alone<T>(body: () => Promise<T>): Promise<T> {
    return withLock(join(this.#directory, 'lock'), body, { waitMsMax: LOCK_MS_MAX });
  }

  async #told<T>(what: string, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      if (error instanceof HostproofError) throw error;
      const code = isDiskFull(error) ? 'env/disk-full' : 'env/io';
      throw new HostproofError(code, `${what} in ${this.#directory}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

function totalOf(states: readonly StoredState[]): number {
  return states.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

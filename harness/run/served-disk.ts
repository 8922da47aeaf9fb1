/** A host's disk that a disk server serves from its log: after a power cut, what was not flushed may be gone. */
import { HostproofError } from '../domain/errors.ts';
import type { Unflushed } from '../domain/fault.ts';
import type { Files } from '../ports/files.ts';
import type { DiskFaults, HostDisk } from '../ports/host-disk.ts';
import type { DiskServers, DiskSpec, ServedDisks } from '../ports/machine.ts';

/** Of the log, and of the disk in it that a host is installed on first. */
const NAME = 'disk0';
/** Empty until the first becomes the host's second one. */
const SPARE = 'disk1';
/** Beside the log of a frozen host that has a second disk. */
const MOVED = `${NAME}.moved`;

/** In {@link MOVED}: the first disk is not empty any more. */
const USED = 'used';

export interface ServedDiskOptions {
  readonly files: Files;
  readonly servers: DiskServers;
}

export class ServedDisk implements HostDisk {
  readonly #log: string;
  readonly #options: ServedDiskOptions;
  #served: ServedDisks | null = null;
  /** What was its disk is its second one. */
  #hasMoved = false;
  /** Something may be on the disk that is its first one since. */
  #isUsed = false;

  constructor(directory: string, options: ServedDiskOptions) {
    this.#log = `${directory}/${NAME}`;
    this.#options = options;
  }

  get spec(): DiskSpec {
    return this.#path(NAME, this.#hasMoved ? SPARE : NAME);
  }

  get second(): DiskSpec | null {
    return this.#hasMoved ? this.#path(SPARE, NAME) : null;
  }

  get faults(): DiskFaults {
    const { arm, attended, reopen } = this.#now;
    const comeBack = async (): Promise<void> => {
      await reopen();
      await attended();
    };
    return { arm, comeBack };
  }

  /** A step that makes the disk begins before it is there. */
  readonly mark: HostDisk['mark'] = async (text) => {
    await this.#served?.mark(text);
  };

  async create(sizeBytes: number): Promise<void> {
    const { files, servers } = this.#options;
    if (this.#hasMoved) {
      // the log has the other disk, too
      if (this.#isUsed)
        throw new HostproofError(
          'story/misuse',
          'a host with a second disk is installed once on served disks',
          { hint: 'tell it with --disks image, or install it once' },
        );
      this.#isUsed = true;
      return;
    }
    // a host that is installed again begins with an empty log
    await this[Symbol.asyncDispose]();
    for (const ending of servers.endings) await files.remove(`${this.#log}.${ending}`);
    await servers.create(
      this.#log,
      [NAME, SPARE].map((name) => ({ name, sizeBytes })),
    );
    this.#served = await servers.serve(this.#log);
  }

  moveOver(): Promise<void> {
    this.#hasMoved = true;
    return Promise.resolve();
  }

  async thaw(directory: string): Promise<void> {
    const { files, servers } = this.#options;
    const moved = await files.read(`${directory}/${MOVED}`);
    this.#hasMoved = moved !== null;
    this.#isUsed = moved === USED;
    await servers.fork(this.#log, `${directory}/${NAME}`);
    this.#served = await servers.serve(this.#log);
  }

  async freeze(directory: string, standsAlone: boolean): Promise<void> {
    const { files, servers } = this.#options;
    if (this.#served === null) return;
    // the log is whole when its server has ended
    await this[Symbol.asyncDispose]();
    for (const ending of servers.endings) {
      await files.move(`${this.#log}.${ending}`, `${directory}/${NAME}.${ending}`);
    }
    if (this.#hasMoved) await files.write(`${directory}/${MOVED}`, this.#isUsed ? USED : '');
    if (standsAlone) await servers.standAlone(`${directory}/${NAME}`);
  }

  /** Nobody gets to the disk before the machine ends: QEMU flushes all when it is stopped, which no power cut does. */
  async cut(seed: number, kill: () => Promise<void>): Promise<Unflushed> {
    const served = this.#now;
    await served.close();
    // one that could not be stopped is dead all the same
    const killed = kill();
    await killed.catch(() => undefined);
    const unflushed = await served.cut(seed);
    await served.reopen();
    await killed;
    return unflushed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const served = this.#served;
    this.#served = null;
    await served?.[Symbol.asyncDispose]();
  }

  /** @param exportName what the disk is called in the log */
  #path(id: string, exportName: string): DiskSpec {
    const { socket, unfit } = this.#now;
    return { id, exportName, socket, unfit, kind: 'disk' };
  }

  get #now(): ServedDisks {
    if (this.#served === null) throw new HostproofError('harness/internal', 'there is no disk yet');
    return this.#served;
  }
}

/** A host's disk that a disk server serves from its log: after a power cut, what was not flushed may be gone. */
import { HostproofError } from '../domain/errors.ts';
import type { Unflushed } from '../domain/fault.ts';
import type { Files } from '../ports/files.ts';
import type { DiskFaults, HostDisk } from '../ports/host-disk.ts';
import type { DiskServers, DiskSpec, ServedDisks } from '../ports/machine.ts';

const NAME = 'disk0';

export interface ServedDiskOptions {
  readonly files: Files;
  readonly servers: DiskServers;
}

export class ServedDisk implements HostDisk {
  readonly #log: string;
  readonly #options: ServedDiskOptions;
  #served: ServedDisks | null = null;

  constructor(directory: string, options: ServedDiskOptions) {
    this.#log = `${directory}/${NAME}`;
    this.#options = options;
  }

  get spec(): DiskSpec {
    const { socket, unfit } = this.#now;
    return { id: NAME, socket, unfit, kind: 'disk' };
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
    // a host that is installed again begins with an empty log
    await this[Symbol.asyncDispose]();
    for (const ending of servers.endings) await files.remove(`${this.#log}.${ending}`);
    await servers.create(this.#log, [{ name: NAME, sizeBytes }]);
    this.#served = await servers.serve(this.#log);
  }

  async thaw(directory: string): Promise<void> {
    const { servers } = this.#options;
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

  get #now(): ServedDisks {
    if (this.#served === null) throw new HostproofError('harness/internal', 'there is no disk yet');
    return this.#served;
  }
}

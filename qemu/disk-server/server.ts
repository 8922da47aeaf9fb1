/** Listens on the paths to the disks of a log: a unix socket each, as many as a host has ways to a disk. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Unflushed } from '../../harness/domain/fault.ts';
import { Connection } from './connection.ts';
import type { Struck, Tasks } from './control.ts';
import { cutPower } from './cut.ts';
import type { DiskLog } from './log.ts';
import { MemoryBudget } from './memory-budget.ts';
import { DiskService, type Gone } from './service.ts';

/** A host has a few disks, and QEMU a few connections to each. */
const CONNECTIONS_MAX = 256;
/** What arrives from a client that is not read from. */
const PIECE_BYTES = 2 ** 18;

type PathDescription = Tasks['paths'][number];

export interface ServerOptions {
  readonly log: DiskLog;
  readonly paths: readonly PathDescription[];
  readonly onStruck: (struck: Struck) => void;
  /** So many are connected now. */
  readonly onClients: (count: number) => void;
  readonly onFailure: (error: unknown) => void;
}

export class DiskServer {
  readonly service: DiskService;
  readonly #options: ServerOptions;
  readonly #budget = new MemoryBudget();
  readonly #connections = new Map<Connection, PathDescription>();
  #gone: readonly Gone[] = [];
  readonly #servers: Server[] = [];

  private constructor(options: ServerOptions) {
    this.#options = options;
    this.service = new DiskService(options);
  }

  static async listen(options: ServerOptions): Promise<DiskServer> {
    const server = new DiskServer(options);
    for (const path of options.paths) await server.#listen(path);
    return server;
  }

  /** Drops who is connected to what goes, and lets nobody get to it. */
  vanish({ path, disk }: Gone): void {
    const names = path === null ? this.#options.paths.map(({ name }) => name) : [path];
    this.#gone = [...this.#gone, ...names.map((name) => ({ path: name, disk }))];
    for (const [connection, its] of this.#connections)
      if (this.#isGone(its, connection.disk)) connection.drop();
  }

  /** Lets everyone in again, to all disks. @param path null: by every path */
  reopen(path: string | null): void {
    this.#gone = this.#gone.filter((gone) => path !== null && gone.path !== path);
  }

  /** The power goes away: nobody is connected any more, and the disks are what is left of them. */
  cut(seed: number): Unflushed {
    for (const path of this.#options.paths) this.#drop(path);
    return cutPower(this.#options.log, seed);
  }

  end(): void {
    for (const server of this.#servers) server.close();
    for (const path of this.#options.paths) this.#drop(path);
  }

  async #listen(path: PathDescription): Promise<void> {
    const server = createServer({ highWaterMark: PIECE_BYTES }, (socket) => {
      this.#welcome(socket, path);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: path.socket }, resolve);
    });
  }

  #welcome(socket: Socket, path: PathDescription): void {
    if (this.#isGone(path, null) || this.#connections.size >= CONNECTIONS_MAX) {
      socket.destroy();
      return;
    }
    const { log, onClients, onFailure } = this.#options;
    const connection = new Connection(socket, {
      path: path.name,
      disks: log.disks.filter(({ name }) => path.disks === null || path.disks.includes(name)),
      ...{ service: this.service, budget: this.#budget },
      isGone: (disk) => this.#isGone(path, disk),
      onVanish: (gone) => {
        this.vanish(gone);
      },
      onFailure,
    });
    this.#connections.set(connection, path);
    onClients(this.#connections.size);
    socket.on('close', () => {
      this.#connections.delete(connection);
      onClients(this.#connections.size);
    });
  }

  /** @param disk null: whether all of them are */
  #isGone(path: PathDescription, disk: string | null): boolean {
    return this.#gone.some(
      (gone) => gone.path === path.name && (gone.disk === null || gone.disk === disk),
    );
  }

  #drop(path: PathDescription): void {
    for (const [connection, its] of this.#connections) if (its === path) connection.drop();
  }
}

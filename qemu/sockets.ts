/** Unix sockets on which the harness waits for QEMU to connect. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { HostproofError } from '../harness/domain/errors.ts';

/** `sun_path` holds 108 bytes, the closing zero included; our socket names add at most 16. */
const SOCKET_DIRECTORY_LENGTH_MAX = 108 - 1 - 16;

/**
 * A directory (mode 0700) for sockets, with a name short enough for them.
 *
 * QEMU connects to us and not the other way round: nothing has to be polled for, no first byte is lost, and a
 * QEMU whose harness has died before QEMU could ask for its parent-death signal finds nobody listening and ends.
 */
export class SocketDirectory implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<SocketDirectory> {
    const base = tmpdir();
    const short =
      Buffer.byteLength(base) + '/hostproof-XXXXXX/'.length <= SOCKET_DIRECTORY_LENGTH_MAX;
    return new SocketDirectory(await mkdtemp(join(short ? base : '/tmp', 'hostproof-')));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Listens on a path for exactly one connection. */
export class SingleListener implements Disposable {
  /** Never settles if nobody connects; wait for it beside something that ends. */
  readonly connection: Promise<Socket>;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.connection = new Promise((resolve) => {
      server.once('connection', (socket: Socket) => {
        // Nobody else gets in; the connection lives on.
        server.close();
        // A QEMU that dies at once can break the connection before its reader listens for errors.
        socket.on('error', () => undefined);
        resolve(socket);
      });
    });
  }

  static async listen(path: string): Promise<SingleListener> {
    const server = createServer();
    const listener = new SingleListener(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        reject(
          new HostproofError('env/io', `cannot listen on ${path}: ${cause.message}`, { cause }),
        );
      });
      server.listen({ path }, resolve);
    });
    return listener;
  }

  /** Stops listening at once. Not awaited: a server counts as closed only when its connections are. */
  [Symbol.dispose](): void {
    this.#server.close();
  }
}

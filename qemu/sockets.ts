/** Unix sockets on which the harness waits for QEMU to connect. */
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import tmp from 'tmp';

import { HostproofError } from '../harness/domain/errors.ts';

/** `sun_path` holds 108 bytes, the closing zero included; our socket names add at most 16. */
const SOCKET_DIRECTORY_LENGTH_MAX = 108 - 1 - 16;

/**
 * A directory (mode 0700) for sockets, with a name short enough for them.
 *
 * QEMU connects to us and not the other way round: nothing has to be polled for, no first byte is lost, and a
 * QEMU whose harness has died before QEMU could ask for its parent-death signal finds nobody listening and ends.
 */
export class SocketDirectory implements Disposable {
  readonly #directory: tmp.DirResult;

  private constructor(directory: tmp.DirResult) {
    this.#directory = directory;
  }

  static create(): SocketDirectory {
    const base = tmpdir();
    const short =
      Buffer.byteLength(base) + '/hostproof-4194304-XXXXXXXXXXXX/'.length <=
      SOCKET_DIRECTORY_LENGTH_MAX;
    return new SocketDirectory(
      tmp.dirSync({ prefix: 'hostproof', tmpdir: short ? base : '/tmp', unsafeCleanup: true }),
    );
  }

  file(name: string): string {
    return join(this.#directory.name, name);
  }

  [Symbol.dispose](): void {
    this.#directory.removeCallback();
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

/** A foreign end for the ssh tests: a server that runs commands of this machine, behind a stand-in for QEMU's network. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import ssh2, { type Connection } from 'ssh2';
import { ed25519Pair } from '../../adapters/keys.ts';

export interface TestServer {
  readonly port: number;
  readonly privateKey: string;
  /** Connections that have reached the server. */
  readonly connections: () => number;
  /** Ends all connections without a goodbye. */
  readonly drop: () => void;
  readonly close: () => Promise<void>;
}

export async function sshServer(): Promise<TestServer> {
  const hostKey = ed25519Pair('host');
  const userKey = ed25519Pair('user');
  const allowed = ssh2.utils.parseKey(userKey.public);
  if (allowed instanceof Error) throw allowed;
  const sockets = new Set<Socket>();
  let count = 0;
  const ssh = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      const isAllowed =
        context.method === 'publickey' && context.key.data.equals(allowed.getPublicSSH());
      if (isAllowed) context.accept();
      else context.reject(['publickey']);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        const child = spawn('/bin/sh', ['-c', command]);
        channel.pipe(child.stdin);
        child.stdin.on('error', () => undefined);
        child.stdout.on('data', (chunk: Buffer) => channel.write(chunk));
        child.stderr.on('data', (chunk: Buffer) => channel.stderr.write(chunk));
        channel.on('close', () => child.kill('SIGKILL'));
        child.on('close', (code) => {
          if (code !== null) channel.exit(code);
          channel.end();
        });
      });
    });
    forwardPorts(client);
  });
  const front = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  return {
    port: await listen(front),
    privateKey: userKey.private,
    connections: () => count,
    drop: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      front.close();
      await once(front, 'close');
    },
  };
}

function forwardPorts(client: Connection): void {
  const listeners = new Map<number, Server>();
  client.on('close', () => {
    for (const listener of listeners.values()) listener.close();
  });
  client.on('request', (accept, _reject, name, info) => {
    if (name === 'cancel-tcpip-forward') {
      listeners.get(info.bindPort)?.close();
      listeners.delete(info.bindPort);
      accept?.();
    } else {
      const listener = createServer((socket) => {
        client.forwardOut('127.0.0.1', port, '127.0.0.1', socket.remotePort ?? 0, (error, out) => {
          if (error !== undefined) socket.destroy();
          else
            socket
              .on('error', () => undefined)
              .pipe(out)
              .pipe(socket);
        });
      });
      let port = 0;
      listener.listen(0, '127.0.0.1', () => {
        port = (listener.address() as AddressInfo).port;
        listeners.set(port, listener);
        accept?.(port);
      });
    }
  });
}

/** Like QEMU's user networking: takes every connection at once, and loses what it sent to a guest that was not there. */
export interface TestGuest {
  readonly port: number;
  readonly closedPort: number;
  /** The guest's network is up; `ssh`: its server listens, too. */
  readonly become: (state: 'silent' | 'up' | 'ssh') => void;
  readonly close: () => void;
}

export async function guest(server: TestServer): Promise<TestGuest> {
  let state: 'silent' | 'up' | 'ssh' = 'silent';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const ssh = createServer((socket) => {
    keep(socket);
    if (state === 'up') socket.destroy();
    if (state !== 'ssh') return;
    const inner = connect({ host: '127.0.0.1', port: server.port });
    keep(inner);
    socket.on('close', () => inner.destroy());
    inner.on('close', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  const closed = createServer((socket) => {
    keep(socket);
    if (state !== 'silent') socket.destroy();
  });
  return {
    port: await listen(ssh),
    closedPort: await listen(closed),
    become: (next) => (state = next),
    close: () => {
      for (const socket of sockets) socket.destroy();
      ssh.close();
      closed.close();
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

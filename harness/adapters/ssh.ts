/** The ssh connection to a running host: commands, and files served to it through the same connection. */
import { createHash } from 'node:crypto';
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { HostproofError, messageOf } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { CommandResult, FailingLine, HttpService, RunOptions, Shell } from '../ports/shell.ts';
import { fileServer } from './http-files.ts';
import { runCommand } from './ssh-command.ts';
import { answeringSocket } from './ssh-probe.ts';

export interface ConnectOptions {
  /** On 127.0.0.1, forwarded to the guest's port 22. */
  readonly port: number;
  /** On 127.0.0.1, forwarded to a port of the guest where nothing listens (`ssh-probe.ts` says why). */
  readonly closedPort?: number;
  /** OpenSSH private key text of root. */
  readonly privateKey: string;
  readonly clock: Clock;
  readonly deadlineMs: number;
  /** From a banner to the end of the key exchange; then another connection is tried. */
  readonly handshakeMs?: number;
  readonly signal?: AbortSignal;
}

/** A shell and what was learnt while connecting. */
export interface SshShell extends Shell {
  /** `SHA256:…` of the host key that the guest showed, as `ssh-keygen -l` prints it. */
  readonly hostKeyFingerprint: string;
  /** Resolves when the connection is no more, whoever ended it. */
  readonly closed: Promise<void>;
}

/**
 * The cheapest for a guest whose processor is emulated and has no instructions for AES. Processor seconds of QEMU 7.2 (TCG,
 * Nehalem) for 100 MiB served: chacha20-poly1305 9 to 13, aes128-gcm 11 to 12. The key exchange is the cheapest that
 * OpenSSH offers.
 */
const ALGORITHMS: NonNullable<ConnectConfig['algorithms']> = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['chacha20-poly1305@openssh.com', 'aes128-ctr'],
  hmac: ['hmac-sha1-etm@openssh.com', 'hmac-sha2-256-etm@openssh.com', 'hmac-sha2-256'],
  compress: ['none'],
};

/** A guest that does not answer for this long, eight times, is lost; emulated guests can be slow for a while. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 8 };
const GOODBYE_MS = 2_000;
/**
 * A guest that goes down between its banner and the end of the key exchange takes its half of the connection with it, and
 * QEMU's user networking says nothing: without this limit, the connection to the kernel before would be waited for.
 */
const HANDSHAKE_MS = 60_000;

/**
 * Connects as soon as the guest can answer; meant to be called while it boots.
 *
 * The guest's host key is not known beforehand (it is made at the first boot) and is accepted as it comes: the connection is a forwarded
 * port on the loopback of this machine, and only the key of this harness opens the guest. The fingerprint is kept.
 *
 * @throws HostproofError `host/timeout` when nothing answered in time, `host/never` when the key was refused
 */
export async function connectShell(options: ConnectOptions): Promise<SshShell> {
  const { clock } = options;
  const startedMs = clock.nowMs();
  const over = new AbortController();
  const late = new AbortController();
  const signal = AbortSignal.any([late.signal, ...(options.signal ? [options.signal] : [])]);
  let seen = 'nothing';
  clock.sleep(options.deadlineMs, over.signal).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    for (;;) {
      const socket = await answeringSocket({
        port: options.port,
        ...(options.closedPort === undefined ? {} : { closedPort: options.closedPort }),
        clock,
        signal,
        onFailure: (failure) => (seen = failure),
      });
      try {
        return await handshake(socket, options, signal);
      } catch (error) {
        socket.destroy();
        signal.throwIfAborted();
        if (error instanceof HostproofError) throw error;
        // The guest can go down between its banner and the end of the key exchange, for instance when it restarts.
        seen = messageOf(error);
      }
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!late.signal.aborted) throw error;
    const seconds = Math.round((clock.nowMs() - startedMs) / 1000);
    throw new HostproofError('host/timeout', `no ssh after ${seconds} s; last seen: ${seen}`);
  } finally {
    over.abort();
  }
}

async function handshake(
  sock: NonNullable<ConnectConfig['sock']>,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<SshShell> {
  const client = new Client();
  let fingerprint = '';
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    client.once('ready', resolve);
    client.once('close', () =>
      reject(new Error('the connection was closed during the key exchange')),
    );
    client.on('error', (error) => {
      reject(
        error.level === 'client-authentication'
          ? new HostproofError('host/never', 'the guest refused the key of this harness', {
              cause: error,
            })
          : error,
      );
    });
    client.connect({
      sock,
      username: 'root',
      privateKey: options.privateKey,
      algorithms: ALGORITHMS,
      readyTimeout: options.handshakeMs ?? HANDSHAKE_MS,
      ...KEEPALIVE,
      hostVerifier: (key: Buffer) => {
        fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
        return true;
      },
    });
  });
  return new ConnectedShell(client, options.clock, fingerprint);
}

class ConnectedShell implements SshShell {
  readonly hostKeyFingerprint: string;
  readonly closed: Promise<void>;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #services = new Map<number, (channel: ClientChannel) => void>();

  constructor(client: Client, clock: Clock, fingerprint: string) {
    this.#client = client;
    this.#clock = clock;
    this.hostKeyFingerprint = fingerprint;
    this.closed = new Promise((resolve) => client.once('close', resolve));
    client.on('tcp connection', (details, accept, reject) => {
      const service = this.#services.get(details.destPort);
      if (service === undefined) reject();
      else service(accept());
    });
  }

  run(command: string, options: RunOptions): Promise<CommandResult> {
    return runCommand(this.#client, this.#clock, command, options);
  }

  async serve(
    service: HttpService,
    line?: FailingLine,
  ): Promise<{ readonly port: number } & AsyncDisposable> {
    const server = fileServer(service, line);
    const port = await new Promise<number>((resolve, reject) => {
      this.#client.forwardIn('127.0.0.1', 0, (error, bound) => {
        if (error === undefined) resolve(bound);
        else reject(error);
      });
    }).catch((cause: unknown) => {
      throw new HostproofError(
        'host/never',
        `no port of the guest is forwarded: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    });
    const channels = new Set<ClientChannel>();
    this.#services.set(port, (channel) => {
      channels.add(channel);
      channel.on('close', () => channels.delete(channel));
      channel.on('error', () => channel.destroy());
      server.emit('connection', channel);
    });
    return {
      port,
      [Symbol.asyncDispose]: async () => {
        if (!this.#services.delete(port)) return;
        for (const channel of channels) channel.destroy();
        const gone = new Promise<void>((resolve) => {
          this.#client.unforwardIn('127.0.0.1', port, () => resolve());
        }).catch(() => undefined); // ssh2 throws at once when the connection is lost: then nothing is forwarded
        await this.#shortly(Promise.race([gone, this.closed]));
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.end();
    await this.#shortly(this.closed);
    this.#client.destroy();
  }

  /** Waits for a goodbye, but not for long: the guest may be gone without one. */
  async #shortly(goodbye: Promise<void>): Promise<void> {
    const over = new AbortController();
    const tired = this.#clock.sleep(GOODBYE_MS, over.signal).catch(() => undefined);
    await Promise.race([goodbye, tired]);
    over.abort();
  }
}

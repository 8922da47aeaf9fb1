/**
 * Finds the moment when a guest begins to answer ssh.
 *
 * QEMU's user networking accepts a connection on a forwarded port at once, although the guest is not there yet, and repeats its
 * own SYN to the guest only after 6 seconds and more: a connection made early is answered long after the guest could. Trying again
 * often is no way out: a guest in software emulation needs seconds for the connections it has already taken, and with four new ones a
 * second, given up again, it never answers one.
 *
 * So the network is watched by a port where nothing listens: as soon as the guest refuses there, connections to ssh mean
 * something. Refused: not listening yet, try again soon. Neither refused nor answered: being worked on, wait.
 */
import { connect, type Socket } from 'node:net';
import { messageOf } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';

const BANNER = 'SSH-2.0-';
/** After a refusal. */
const AGAIN_MS = 100;
/** Next attempt beside one that is still open: before and after the guest's network is known to be up. */
const BESIDE_MS = { silent: 1_500, up: 6_000 };
const ATTEMPT_LASTS_MS = 20_000;
const CANARY_EVERY_MS = 200;
const CANARY_LASTS_MS = 1_000;

export interface ProbeOptions {
  readonly port: number;
  /** Leads to a port of the guest where nothing listens. Without it, the first answer comes up to 1.5 s later. */
  readonly closedPort?: number;
  readonly clock: Clock;
  /** Ends the search: `answeringSocket` rejects with the reason. */
  readonly signal: AbortSignal;
  /** Called with what a failed attempt met. */
  readonly onFailure?: (seen: string) => void;
}

/** A connection that has received a banner; the banner can be read from it again. */
export async function answeringSocket(options: ProbeOptions): Promise<Socket> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, options.signal]);
  const { clock } = options;
  const network = new AbortController();
  if (options.closedPort !== undefined)
    void watchNetwork(options.closedPort, clock, network, signal);

  const answered: Socket[] = [];
  const won = new AbortController();
  /** Attempts of before the network came up are of no use after it. */
  const early = new AbortController();
  try {
    for (;;) {
      const next = new AbortController();
      const isUp = network.signal.aborted;
      const patience = isUp ? BESIDE_MS.up : BESIDE_MS.silent;
      attempt(options, isUp ? signal : AbortSignal.any([signal, early.signal])).then(
        (socket) => {
          if (answered.length > 0 || signal.aborted) socket.destroy();
          else answered.push(socket);
          won.abort();
        },
        (error: unknown) => {
          if (!signal.aborted) options.onFailure?.(messageOf(error));
          next.abort();
        },
      );
      const events = [signal, won.signal, next.signal, ...(isUp ? [] : [network.signal])];
      await clock.sleep(patience, AbortSignal.any(events)).catch(() => undefined);
      const [winner] = answered;
      if (winner !== undefined) return winner;
      options.signal.throwIfAborted();
      const cameUp = network.signal.aborted !== isUp;
      if (cameUp) early.abort();
      else if (next.signal.aborted) await clock.sleep(AGAIN_MS, signal);
    }
  } finally {
    over.abort();
  }
}

async function attempt({ port, clock }: ProbeOptions, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const over = new AbortController();
  const limit = AbortSignal.any([over.signal, signal]);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('refused')));
      socket.once('data', (chunk: Buffer) => {
        // Paused before anything else can be read, and given back: ssh2 must see the banner as well.
        socket.pause();
        socket.unshift(chunk);
        const text = chunk.toString('latin1');
        if (text.startsWith(BANNER)) resolve();
        else reject(new Error(`not an ssh banner: ${JSON.stringify(text.slice(0, 80))}`));
      });
      clock.sleep(ATTEMPT_LASTS_MS, limit).then(() => reject(new Error('silence')), reject);
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    over.abort();
  }
  return socket;
}

/** Aborts `network` when the guest refuses a connection: its network is up. */
async function watchNetwork(
  port: number,
  clock: Clock,
  network: AbortController,
  signal: AbortSignal,
): Promise<void> {
  const over = AbortSignal.any([network.signal, signal]);
  while (!over.aborted) {
    void refused(port, clock, over).then((isRefused) => {
      if (isRefused) network.abort();
    });
    await clock.sleep(CANARY_EVERY_MS, over).catch(() => undefined);
  }
}

/** True if the connection was taken by QEMU and then ended from the guest's side. */
async function refused(port: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const over = new AbortController();
  let isTaken = false;
  const ended = new Promise<boolean>((resolve) => {
    socket.on('connect', () => (isTaken = true));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(isTaken));
  });
  const limit = clock.sleep(CANARY_LASTS_MS, AbortSignal.any([over.signal, signal]));
  const result = await Promise.race([
    ended,
    limit.then(
      () => false,
      () => false,
    ),
  ]);
  over.abort();
  socket.destroy();
  return result;
}

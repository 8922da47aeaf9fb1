/**
 * Finds the moment when a guest begins to answer ssh.
 *
 * QEMU's user networking accepts a connection on a forwarded port at once, although the guest is not there yet, and then
 * repeats its own SYN to the guest at growing intervals: a connection made early may be answered seconds after the guest could. So a new
 * connection is tried every quarter of a second, several at a time, and the first that shows a banner wins.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../ports/clock.ts';

const ATTEMPT_EVERY_MS = 250;
const ATTEMPT_LASTS_MS = 3_000;
const BANNER = 'SSH-2.0-';

export interface ProbeOptions {
  readonly port: number;
  readonly clock: Clock;
  /** Ends the search: `answeringSocket` rejects with the reason. */
  readonly signal: AbortSignal;
  /** Called with what each failed attempt met. */
  readonly onFailure?: (seen: string) => void;
}

/** A connection that has received a banner; the banner can be read from it again. */
export async function answeringSocket(options: ProbeOptions): Promise<Socket> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, options.signal]);
  return new Promise<Socket>((resolve, reject) => {
    const search = async (): Promise<never> => {
      for (;;) {
        attempt(options, signal).then(
          (socket) => {
            if (over.signal.aborted) socket.destroy();
            over.abort();
            resolve(socket);
          },
          (error: unknown) => {
            if (!signal.aborted)
              options.onFailure?.(error instanceof Error ? error.message : String(error));
          },
        );
        await options.clock.sleep(ATTEMPT_EVERY_MS, signal);
      }
    };
    search().catch(() => {
      // Either an attempt has won, and this has no effect, or the caller has ended the search.
      reject(options.signal.reason as Error);
    });
  });
}

async function attempt({ port, clock }: ProbeOptions, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const over = new AbortController();
  const limit = AbortSignal.any([over.signal, signal]);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection was closed without a banner')));
      socket.once('data', (chunk: Buffer) => {
        // Paused before anything else can be read, and given back: ssh2 must see the banner as well.
        socket.pause();
        socket.unshift(chunk);
        if (chunk.toString('latin1').startsWith(BANNER)) resolve();
        else
          reject(
            new Error(
              `not an ssh banner: ${JSON.stringify(chunk.toString('latin1').slice(0, 80))}`,
            ),
          );
      });
      clock.sleep(ATTEMPT_LASTS_MS, limit).then(() => reject(new Error('no banner yet')), reject);
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    over.abort();
  }
  return socket;
}

/** What the bytes of served files go through on their way out: nothing happens there, unless the line is to fail. */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FailingLine } from '../ports/shell.ts';

const PIECES_PER_SECOND = 10;

export interface Wire {
  readonly pass: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
  /** Whether whoever asks now is told that nothing is there. */
  readonly isEmpty: () => boolean;
}

/** What becomes of a line that has failed: of every kind, so that the compiler asks for that of a new one. */
const FAILED: Readonly<
  Record<
    FailingLine['does']['kind'],
    {
      /** Whoever is connected is cut off, in the middle of a file if need be. */
      readonly cutsOff: boolean;
      /** Whoever comes is let in. */
      readonly letsIn: boolean;
      /** Whoever asks is told that nothing is there. */
      readonly isEmpty: boolean;
    }
  >
> = {
  drop: { cutsOff: true, letsIn: false, isEmpty: false },
  'not-found': { cutsOff: true, letsIn: true, isEmpty: true },
  slow: { cutsOff: false, letsIn: true, isEmpty: false },
  unresolved: { cutsOff: true, letsIn: false, isEmpty: false }, // nobody comes
};

/** Every byte arrives. */
export const soundWire: Wire = { pass: (chunks) => chunks, isEmpty: () => false };

export function failingWire(server: Server, line: FailingLine): Wire {
  const sockets = new Set<Duplex>();
  let bytesServed = 0;
  let isDown = false;
  const { does } = line;
  const failed = FAILED[does.kind];
  const fail = (): void => {
    if (isDown) return;
    isDown = true;
    line.onFailed(bytesServed);
    if (failed.cutsOff) for (const socket of sockets) socket.destroy();
  };
  server.on('connection', (socket: Duplex) => {
    line.onConnection?.();
    if (line.failsAfterBytes === 0 && failed.cutsOff) fail(); // before anything is answered
    if (isDown && !failed.letsIn) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let last = Promise.resolve();
  const turn = (body: () => Promise<void>): Promise<void> => (last = last.then(body));
  return {
    isEmpty: () => isDown && failed.isEmpty,
    pass: async function* (chunks) {
      for await (const chunk of chunks) {
        const left = Math.max(0, line.failsAfterBytes - bytesServed);
        const [passed, rest] = [chunk.subarray(0, left), chunk.subarray(left)];
        bytesServed += passed.length;
        if (passed.length > 0) yield passed;
        if (bytesServed < line.failsAfterBytes) continue;
        fail();
        if (does.kind !== 'slow') throw new Error('the line has failed');
        yield* slowly(rest, does.bytesPerSecond, turn);
      }
    },
  };
}

/** In pieces, as they would come through; whoever reads at the same time has a share. */
async function* slowly(
  bytes: Buffer,
  bytesPerSecond: number,
  turn: (body: () => Promise<void>) => Promise<void>,
): AsyncGenerator<Buffer> {
  const pieceBytes = Math.max(1, Math.ceil(bytesPerSecond / PIECES_PER_SECOND));
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    await turn(() => sleep((1000 * piece.length) / bytesPerSecond));
    yield piece;
  }
}

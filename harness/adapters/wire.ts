/** What the bytes of served files go through on their way out: nothing happens there, unless the line is to fail. */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FailingLine } from '../ports/shell.ts';

export interface Wire {
  readonly pass: (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;
  /** Whether whoever asks now is told that nothing is there. */
  readonly isEmpty: () => boolean;
}

/** Every byte arrives. */
export const soundWire: Wire = { pass: (chunks) => chunks, isEmpty: () => false };

export function failingWire(server: Server, line: FailingLine): Wire {
  const sockets = new Set<Duplex>();
  let bytesServed = 0;
  let isDown = false;
  const fail = (): void => {
    if (!isDown) {
      isDown = true;
      line.onFailed(bytesServed);
      for (const socket of sockets) socket.destroy();
    }
    throw new Error('the line has failed');
  };
  server.on('connection', (socket: Duplex) => {
    if (isDown && line.does === 'drop') {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    isEmpty: () => isDown,
    pass: async function* (chunks) {
      for await (const chunk of chunks) {
        const passed = chunk.subarray(0, Math.max(0, line.failsAfterBytes - bytesServed));
        bytesServed += passed.length;
        if (passed.length > 0) yield passed;
        if (bytesServed >= line.failsAfterBytes) fail();
      }
    },
  };
}

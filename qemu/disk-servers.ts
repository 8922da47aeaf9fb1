/** Disk servers behind the harness's port. */
import { HostproofError, isDiskFull, messageOf } from '../harness/domain/errors.ts';
import type { StruckRequest } from '../harness/domain/disk-rule.ts';
import type { DiskServers, ServedDisks } from '../harness/ports/machine.ts';
import { createLog, FILES, forkLog } from './disk-server/chain.ts';
import { flattenLog } from './disk-server/flatten.ts';
import { DiskServerProcess } from './disk-server/process.ts';
import { SocketDirectory } from './sockets.ts';

/** One path leads to the disks. */
const PATH = 'disks';
/** QEMU tries to get back to a disk after 1, 2, 4, 8, and then every 16 seconds. */
const ATTENDED_MS_MAX = 20_000;

export const diskServers: DiskServers = {
  endings: FILES,
  create: (log, disks) => told(log, () => createLog(log, [...disks])),
  fork: (log, below) => told(log, () => forkLog(log, below)),
  standAlone: (log) => told(log, () => flattenLog(log)),
  serve,
};

async function told(log: string, body: () => void | Promise<void>): Promise<void> {
  try {
    await body();
  } catch (cause) {
    const code = isDiskFull(cause) ? 'env/disk-full' : 'env/io';
    throw new HostproofError(code, `${log}: ${messageOf(cause)}`, { cause });
  }
}

async function serve(log: string): Promise<ServedDisks> {
  const sockets = SocketDirectory.create();
  const socket = sockets.file(PATH);
  const listeners = new Map<string, (request: StruckRequest) => void>();
  let rules = 0;
  try {
    const server = await DiskServerProcess.start({
      log,
      paths: [{ name: PATH, socket, disks: null }],
      onStruck: ({ rule, command, disk, offset, length, records }) =>
        listeners.get(rule)?.({ command, disk, offset, length, records }),
    });
    return {
      socket,
      unfit: server.unfit,
      close: () => server.close(null),
      reopen: () => server.reopen(null),
      attended: () => server.attended(ATTENDED_MS_MAX),
      arm: async (rule, onStruck) => {
        const id = `rule-${(++rules).toString()}`;
        listeners.set(id, onStruck);
        await server.arm({ ...rule, id });
        return async () => {
          // what it struck was told before the answer comes
          await server.disarm(id);
          listeners.delete(id);
        };
      },
      mark: async (text) => {
        await server.mark(text);
      },
      cut: (seed) => server.cut(seed),
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        sockets[Symbol.dispose]();
      },
    };
  } catch (error) {
    sockets[Symbol.dispose]();
    throw error;
  }
}

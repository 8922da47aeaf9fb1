/** A disk that a real disk server serves, and a step on it under a fault. */
import { join } from 'node:path';
import { systemClock } from '../../harness/adapters/clock.ts';
import type { DiskFault, FaultStamp } from '../../harness/domain/fault.ts';
import type { ServedDisks } from '../../harness/ports/machine.ts';
import { underDiskFault } from '../../harness/run/armed-fault.ts';
import { diskServers } from '../disk-servers.ts';
import { Client } from './disk-server/client.ts';
import { newDirectory } from './machines.ts';

export const NAME = 'disk0';
export const BLOCK = Buffer.alloc(4096, 'x');
const start = Promise.resolve({ bytesWritten: 0 });

export async function newDisk(): Promise<ServedDisks> {
  const log = join(newDirectory(), NAME);
  await diskServers.create(log, [{ name: NAME, sizeBytes: 2 ** 20 }]);
  return diskServers.serve(log);
}

/** What the step comes to, on a disk under this fault from when it has come. */
export async function under<T>(
  served: ServedDisks,
  plan: DiskFault,
  step: () => Promise<T>,
  come = start,
): Promise<{ readonly ended: T; readonly stamp: FaultStamp | null }> {
  const { arm, mark } = served;
  const comeBack = async (): Promise<void> => {
    await served.reopen();
    await served.attended();
  };
  const disk = { arm, comeBack, mark };
  const armed = { plan, disk, clock: systemClock, come, onStruck: () => undefined };
  return underDiskFault({ ...armed, signal: new AbortController().signal }, step);
}

/** As soon as one is let in. */
export async function reconnected({ socket }: ServedDisks): Promise<Client> {
  for (;;) {
    const client = await Client.open(socket, NAME).catch(() => null);
    if (client !== null) return client;
    await systemClock.sleep(5);
  }
}

/** What three writes, a flush and reading it all back come to. */
export async function used(client: Client): Promise<{ errors: number[]; there: boolean[] }> {
  const errors = [];
  for (const offset of [0, 4096, 8192]) errors.push(await client.write(offset, BLOCK));
  errors.push(await client.flush());
  const there = [];
  for (const offset of [0, 4096, 8192])
    there.push((await client.read(offset, BLOCK.length)).equals(BLOCK));
  return { errors, there };
}

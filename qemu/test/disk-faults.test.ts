/** Every fault of a disk strikes, on a real disk server, and the disk is as it should be when the step has ended. */
import { join } from 'node:path';
import t from 'tap';
import { byteFlipped } from '../../harness/faults/byte-flipped.ts';
import { diskError } from '../../harness/faults/disk-error.ts';
import { diskFull } from '../../harness/faults/disk-full.ts';
import { diskGone } from '../../harness/faults/disk-gone.ts';
import { diskSlow } from '../../harness/faults/disk-slow.ts';
import { flushLost } from '../../harness/faults/flush-lost.ts';
import { writeTorn } from '../../harness/faults/write-torn.ts';
import { type DiskFault, type FaultStamp } from '../../harness/domain/fault.ts';
import { afterBytes, at, onConsole } from '../../harness/domain/moment.ts';
import { systemClock } from '../../harness/adapters/clock.ts';
import type { ServedDisks } from '../../harness/ports/machine.ts';
import { countedByDisk, underDiskFault } from '../../harness/run/armed-fault.ts';
import { diskServers } from '../disk-servers.ts';
import { NBD_ERROR } from '../disk-server/protocol.ts';
import { Client } from './disk-server/client.ts';
import { newDirectory } from './machines.ts';

t.setTimeout(120_000);

const NAME = 'disk0';
const BLOCK = Buffer.alloc(4096, 'x');
const start = Promise.resolve({ bytesWritten: 0 });

async function newDisk(): Promise<ServedDisks> {
  const log = join(newDirectory(), NAME);
  await diskServers.create(log, [{ name: NAME, sizeBytes: 2 ** 20 }]);
  return diskServers.serve(log);
}

async function under<T>(
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
async function reconnected({ socket }: ServedDisks): Promise<Client> {
  for (;;) {
    const client = await Client.open(socket, NAME).catch(() => null);
    if (client !== null) return client;
    await systemClock.sleep(5);
  }
}

/** What three writes, a flush and reading it all back come to. */
async function used(client: Client): Promise<{ errors: number[]; there: boolean[] }> {
  const errors = [];
  for (const offset of [0, 4096, 8192]) errors.push(await client.write(offset, BLOCK));
  errors.push(await client.flush());
  const there = [];
  for (const offset of [0, 4096, 8192])
    there.push((await client.read(offset, BLOCK.length)).equals(BLOCK));
  return { errors, there };
}

t.test('errors, a full disk, bits and torn writes strike what they are for', async (t) => {
  const { io, noSpace } = NBD_ERROR;
  const cases: [DiskFault, number[], boolean[], number][] = [
    [diskError({ command: 'write', nth: 2 }), [0, io, 0, 0], [true, false, true], 4096],
    [diskError({ command: 'flush' }), [0, 0, 0, io], [true, true, true], 0],
    [diskFull(), [noSpace, noSpace, noSpace, 0], [false, false, false], 0],
    [byteFlipped({ command: 'write', nth: 3 }), [0, 0, 0, 0], [true, true, false], 8192],
    [byteFlipped({ command: 'read', nth: 2 }), [0, 0, 0, 0], [true, false, true], 4096],
    [writeTorn({ sectors: 1 }), [0, 0, 0, 0], [false, true, true], 0],
    [flushLost(), [0, 0, 0, 0], [true, true, true], 0],
    [diskSlow({ command: 'flush', ms: 1 }), [0, 0, 0, 0], [true, true, true], 0],
  ];
  for (const [plan, errors, there, offset] of cases) {
    await using disk = await newDisk();
    using client = await Client.open(disk.socket, NAME);
    const { ended, stamp } = await under(disk, plan, () => used(client));
    t.same(ended, { errors, there }, plan.fault);
    t.match(stamp, { fault: plan.fault, request: { disk: NAME, offset } }, plan.fault);
    const again = await used(client);
    t.same(again, { errors: [0, 0, 0, 0], there: [true, true, true] }, `${plan.fault} is over`);
  }
});

t.test('the bytes after which it fails are counted by the disk', async (t) => {
  const half = diskError({ when: at('upgrade', 0.5), command: 'write' });
  const bytes = diskError({ when: afterBytes(BLOCK.length), command: 'write' });
  for (const plan of [countedByDisk(half, 2 * BLOCK.length), countedByDisk(bytes, 0)]) {
    await using disk = await newDisk();
    using client = await Client.open(disk.socket, NAME);
    const { ended, stamp } = await under(disk, plan, () => used(client));
    t.same(ended.errors, [0, NBD_ERROR.io, 0, 0], 'the second write');
    t.match(stamp, { request: { offset: BLOCK.length } });
  }
  const onLine = diskError({ when: onConsole(/./) });
  t.equal(countedByDisk(onLine, 1), onLine, 'nothing else is');
});

t.test('a disk that is gone drops who is connected, and is back', async (t) => {
  await using disk = await newDisk();
  const plan = diskGone({ command: 'write', nth: 2, backAfterS: 0.01 });
  const { ended, stamp } = await under(disk, plan, async () => {
    using client = await Client.open(disk.socket, NAME);
    t.equal(await client.write(0, BLOCK), 0);
    await t.rejects(client.write(4096, BLOCK));
    return await reconnected(disk);
  });
  using back = ended;
  t.match(stamp, { fault: 'disk-gone', request: { command: 'write', offset: 4096 }, requests: 1 });
  t.same(await used(back), { errors: [0, 0, 0, 0], there: [true, true, true] });
});

t.test('a step ends when its machine has got back to a disk that was gone', async (t) => {
  await using disk = await newDisk();
  const { backAfterS: _, ...untilTheEnd } = diskGone({ command: 'write', backAfterS: 1 });
  const { ended } = await under(disk, untilTheEnd, async () => {
    using client = await Client.open(disk.socket, NAME);
    await t.rejects(client.write(0, BLOCK));
    return { back: reconnected(disk) };
  });
  t.ok(await disk.attended());
  using client = await ended.back;
  t.equal(await client.write(0, BLOCK), 0);
});

t.test(
  'a fault that meets nothing has no stamp; nor has one whose moment never comes',
  async (t) => {
    await using disk = await newDisk();
    using client = await Client.open(disk.socket, NAME);
    for (const plan of [diskError({ command: 'write', nth: 100 }), writeTorn({ sectors: 8 })])
      t.equal((await under(disk, plan, () => used(client))).stamp, null, plan.fault);
    const late = new Promise<never>(() => undefined);
    const unmet = under(disk, diskError({ when: onConsole(/./) }), () => used(client), late);
    t.equal((await unmet).stamp, null);
    t.same((await used(client)).errors, [0, 0, 0, 0], 'and nothing is armed after it');
  },
);

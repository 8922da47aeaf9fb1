/** Faults of the disk: on a real disk server, whose disk is as it should be when the step has ended. */
import type { Test } from 'tap';
import { systemClock } from '../../adapters/clock.ts';
import { NBD_ERROR } from '../../../qemu/disk-server/protocol.ts';
import { Client } from '../../../qemu/test/disk-server/client.ts';
import { BLOCK, NAME, newDisk, reconnected, under, used } from '../../../qemu/test/lying-disk.ts';
import type { DiskFault, FaultStamp } from '../../domain/fault.ts';
import { byteFlipped } from '../../faults/byte-flipped.ts';
import { diskError } from '../../faults/disk-error.ts';
import { diskFull } from '../../faults/disk-full.ts';
import { diskGone } from '../../faults/disk-gone.ts';
import { diskSlow } from '../../faults/disk-slow.ts';
import { flushLost } from '../../faults/flush-lost.ts';
import { writeTorn } from '../../faults/write-torn.ts';
import type { FaultCase } from './case.ts';

const SOUND = { errors: [0, 0, 0, 0], there: [true, true, true] };

function onDisk(
  plan: DiskFault,
  offset: number,
  strikes: (t: Test) => Promise<FaultStamp | null>,
): FaultCase {
  const misses = async (): Promise<FaultStamp | null> => {
    await using disk = await newDisk();
    return (await under(disk, plan, () => Promise.resolve())).stamp;
  };
  return { plan, stamp: { request: { disk: NAME, offset } }, strikes, misses };
}

/** Three writes and a flush, how each must be answered, and which of the writes must be there. */
function onWrites(
  plan: DiskFault,
  errors: readonly number[],
  there: readonly boolean[],
  offset: number,
): FaultCase {
  return onDisk(plan, offset, async (t) => {
    await using disk = await newDisk();
    using client = await Client.open(disk.socket, NAME);
    const { ended, stamp } = await under(disk, plan, () => used(client));
    t.same(ended, { errors, there });
    t.same(await used(client), SOUND, 'it is over');
    return stamp;
  });
}

/** The same, and how many of the writes a power cut may take when the step has ended: those that no flush made sure. */
function onFlush(plan: DiskFault, unsure: number, atLeastMs = 0): FaultCase {
  return onDisk(plan, 0, async (t) => {
    await using disk = await newDisk();
    using client = await Client.open(disk.socket, NAME);
    const begunMs = systemClock.nowMs();
    const { ended, stamp } = await under(disk, plan, () => used(client));
    const tookMs = systemClock.nowMs() - begunMs;
    t.same(ended, SOUND);
    t.ok(tookMs >= atLeastMs, `it took ${String(tookMs)} ms`);
    const { kept, lost, torn } = await disk.cut(1);
    t.equal(kept + lost + torn, unsure);
    return stamp;
  });
}

const { io, noSpace } = NBD_ERROR;
const range = { start: 8192, end: 12_288 };
const full = diskFull();
const gone = diskGone({ command: 'write', nth: 2, backAfterS: 0.01 });

export const diskFaults: readonly FaultCase[] = [
  onWrites(diskError({ command: 'write', nth: 2 }), [0, io, 0, 0], [true, false, true], 4096),
  onWrites(diskError({ command: 'flush' }), [0, 0, 0, io], [true, true, true], 0),
  onWrites(diskError({ command: 'write', times: 2 }), [io, io, 0, 0], [false, false, true], 0),
  onWrites(diskError({ command: 'write', range }), [0, 0, io, 0], [true, true, false], 8192),
  onDisk(full, 4096, async (t) => {
    await using disk = await newDisk();
    using client = await Client.open(disk.socket, NAME);
    t.equal(await client.write(0, BLOCK), 0);
    const { ended, stamp } = await under(disk, full, () => used(client));
    const there = [true, false, false];
    t.same(ended, { errors: [0, noSpace, noSpace, 0], there }, 'what has room can be written anew');
    t.same(await used(client), SOUND, 'it is over');
    return stamp;
  }),
  onWrites(byteFlipped({ command: 'write', nth: 3 }), [0, 0, 0, 0], [true, true, false], 8192),
  onWrites(byteFlipped({ command: 'read', nth: 2 }), [0, 0, 0, 0], [true, false, true], 4096),
  onWrites(writeTorn({ sectors: 1 }), [0, 0, 0, 0], [false, true, true], 0),
  onFlush(flushLost(), 3),
  onFlush(diskSlow({ command: 'flush', ms: 50 }), 0, 49), // timers of Node may be 1 ms early
  onDisk(gone, 4096, async (t) => {
    await using disk = await newDisk();
    const { ended, stamp } = await under(disk, gone, async () => {
      using client = await Client.open(disk.socket, NAME);
      t.equal(await client.write(0, BLOCK), 0);
      await t.rejects(client.write(4096, BLOCK), 'whoever is connected is dropped');
      return await reconnected(disk);
    });
    using back = ended;
    t.match(stamp, { requests: 1 });
    t.same(await used(back), SOUND, 'it is back');
    return stamp;
  }),
];

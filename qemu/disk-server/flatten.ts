/** A log that needs no other: all that its disks hold, and nothing of how it came to be. */
import { renameSync, rmSync } from 'node:fs';
import { chainOf, createLog, FILES, fileOf } from './chain.ts';
import { DiskLog } from './log.ts';
import { ALL_DISKS } from './record.ts';

/**
 * Has a log hold all that it reads from those below. What was not sure is sure then.
 *
 * @throws Error when it cannot; the log is as it was then
 */
export async function flattenLog(log: string): Promise<void> {
  const flat = `${log}-flat`;
  // of one who was stopped in the middle
  remove(flat);
  try {
    createLog(flat, chainOf(log).disks);
    await copyDisks(log, flat);
  } catch (error) {
    remove(flat);
    throw error;
  }
  // whoever is stopped between two of these has no log: nobody may rely on it before this has ended
  for (const kind of [...FILES].reverse()) renameSync(fileOf(flat, kind), fileOf(log, kind));
}

async function copyDisks(log: string, flat: string): Promise<void> {
  using from = DiskLog.open(log);
  using to = DiskLog.open(flat);
  const none = { flags: 0, error: 0, checksum: 0 };
  for (const [index, disk] of from.disks.entries()) {
    for (const { offset, length } of disk.written()) {
      const data = to.disks[index]?.write(offset, [disk.read(offset, length)], length) ?? 0;
      to.append({ ...none, kind: 'restored', disk: index, offset, length, data });
      to.commit();
      // a gigabyte or two, beside machines that have to be watched
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  to.append({ ...none, kind: 'cut', disk: ALL_DISKS, offset: 0, length: 0, data: 0 });
}

function remove(log: string): void {
  for (const kind of FILES) rmSync(fileOf(log, kind), { force: true });
}

/** The power goes away: the disks become what is left, and the log says so. */
import type { Unflushed } from '../../harness/domain/fault.ts';
import { prng } from '../../harness/domain/prng.ts';
import { BLOCK_BYTES } from './data.ts';
import type { Disk } from './disk.ts';
import { chooseFates, unsureChanges, type Fate, type Range } from './fate.ts';
import type { DiskLog } from './log.ts';
import { ALL_DISKS, isChange, type LogRecord } from './record.ts';

/**
 * Nobody may be connected.
 *
 * @returns what became of changes that were not sure
 * @throws HostproofError `env/io` when it must read what is not as it was written; the disks and the log are then as they were
 */
export function cutPower(log: DiskLog, seed: number): Unflushed {
  const records = log.records();
  const fates = chooseFates(records, unsureChanges(records), prng(seed));
  const left = log.disks.map((disk, index) => remainsOf(log, disk, { index, records, fates }));
  for (const [index, disk] of log.disks.entries()) {
    for (const { offset, length, data } of disk.become(left[index] ?? disk)) {
      const where = { disk: index, offset, length, checksum: 0, data };
      log.append({ kind: 'restored', flags: 0, error: 0, ...where });
    }
  }
  const none = { flags: 0, error: 0, length: 0, checksum: 0, data: 0 };
  log.append({ kind: 'cut', disk: ALL_DISKS, offset: seed, ...none });
  log.commit();
  const count = (fate: Fate['fate']): number =>
    [...fates.values()].filter((one) => one.fate === fate).length;
  return { kept: count('kept'), lost: count('lost'), torn: count('torn') };
}

interface Past {
  readonly index: number;
  readonly records: readonly LogRecord[];
  readonly fates: ReadonlyMap<number, Fate>;
}

/** Tells a disk its changes again, but for what is lost of them. */
function remainsOf(log: DiskLog, disk: Disk, { index, records, fates }: Past): Disk {
  const left = log.emptyDisk(disk);
  /** Blocks that are not what they were then: what a change left as it was beside itself in its block may not be there. */
  const differing = new Uint8Array(Math.ceil(disk.sizeBytes / BLOCK_BYTES));
  for (const [number, record] of records.entries()) {
    if (!isChange(record.kind) || record.disk !== index) continue;
    const fate = fates.get(number) ?? KEPT;
    if (fate.fate !== 'kept') differing.fill(1, ...blocksOf(record));
    if (fate.fate === 'torn' && record.data === 0) {
      for (const { start, end } of fate.there) left.place(start, end - start, 0);
    } else if (fate.fate === 'torn') {
      writeParts(left, record.offset, log.stored(number, record), fate.there);
    } else if (fate.fate === 'kept') {
      // what is written again is exactly what it has stored, on what is there now
      if (sharedBlocks(record).some((block) => differing[block] === 1))
        left.write(record.offset, [log.stored(number, record)], record.length);
      else left.place(record.offset, record.length, record.data);
    }
  }
  return left;
}

const KEPT: Fate = { fate: 'kept' };

/** The first block that a record touches, and the one behind the last. */
function blocksOf({ offset, length }: LogRecord): [number, number] {
  return [Math.floor(offset / BLOCK_BYTES), Math.ceil((offset + length) / BLOCK_BYTES)];
}

/** The blocks of which a record has not written all. */
function sharedBlocks({ offset, length, data }: LogRecord): number[] {
  // zeroes are only ever whole blocks, up to the disk's end
  if (data === 0) return [];
  const end = offset + length;
  return [
    ...(offset % BLOCK_BYTES === 0 ? [] : [Math.floor(offset / BLOCK_BYTES)]),
    ...(end % BLOCK_BYTES === 0 ? [] : [Math.floor(end / BLOCK_BYTES)]),
  ];
}

/** Writes parts of what a write has stored: at once, since each takes whole blocks. */
function writeParts(disk: Disk, offset: number, bytes: Buffer, parts: readonly Range[]): void {
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) return;
  const content = disk.read(first.start, last.end - first.start);
  for (const { start, end } of parts) {
    bytes.copy(content, start - first.start, start - offset, end - offset);
  }
  disk.write(first.start, [content], content.length);
}

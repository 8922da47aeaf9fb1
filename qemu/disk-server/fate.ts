/**
 * What a power cut leaves of a log: which changes are sure, and what becomes of the others. Pure: the same records and the same
 * seed come to the same.
 *
 * Sure is what was completed before a later flush of the same disk arrived that was completed, too, and a write with FUA that was
 * completed. Of the rest any subset may be there, of a single write any of its physical sectors, and of zeroes or a discard some of
 * their blocks.
 */
import type { Prng } from '../../harness/domain/prng.ts';
import { BLOCK_BYTES } from './data.ts';
import { FLAG, isChange, type LogRecord } from './record.ts';

export const SECTOR_BYTES = 512;
/** What a disk writes whole, or not at all; guests are told. Inside of it no file system could be torn and be mounted again. */
export const PHYSICAL_SECTOR_BYTES = 4096;
/** Of the changes that are not sure and of several physical sectors, or blocks: how many are torn. */
const TORN_SHARE = 1 / 8;
/** Zeroes may be as long as a disk: they are torn in a few places only. */
const TEARS_MAX = 3;

/** Bytes of a disk, from `start` up to, and without, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export type Fate =
  | { readonly fate: 'kept' }
  | { readonly fate: 'lost' }
  /** What is there of it, from the first to the last. */
  | { readonly fate: 'torn'; readonly there: readonly Range[] };

/** Numbers of the changes that are not sure, in the order in which they were asked for. */
export function unsureChanges(records: readonly LogRecord[]): number[] {
  const unsure: number[] = [];
  const completedAt = completions(records);
  const lastFlush = lastFlushes(records, completedAt);
  const settled = records.findLastIndex(({ kind }) => kind === 'cut');
  for (const [number, { kind, flags, disk }] of records.entries()) {
    // what an earlier cut has left is on the disk
    if (!isChange(kind) || number < settled) continue;
    const completed = completedAt.get(number);
    const isCovered = completed !== undefined && completed < (lastFlush.get(disk) ?? -1);
    const isForced = completed !== undefined && (flags & FLAG.fua) !== 0;
    if (!isCovered && !isForced) unsure.push(number);
  }
  return unsure;
}

/** Of the changes that are not sure. How many are kept is chosen first, so that nearly all and nearly none are no rare cases. */
export function chooseFates(
  records: readonly LogRecord[],
  unsure: readonly number[],
  random: Prng,
): ReadonlyMap<number, Fate> {
  const keptShare = random.next();
  return new Map(
    unsure.map((number) => [number, chooseFate(records[number], keptShare, random)] as const),
  );
}

function chooseFate(record: LogRecord | undefined, keptShare: number, random: Prng): Fate {
  if (record !== undefined && isLong(record) && random.next() < TORN_SHARE) {
    const there = record.kind === 'write' ? tornWrite(record, random) : tornZeroes(record, random);
    return { fate: 'torn', there };
  }
  return { fate: random.next() < keptShare ? 'kept' : 'lost' };
}

/** Whether there may be a part of it. */
function isLong(record: LogRecord): boolean {
  if (record.kind === 'write') return sectorCount(record) > 1;
  return record.kind !== 'restored' && record.length > BLOCK_BYTES;
}

/** Of one of its sectors nothing is there, and another is there whole: else nobody could say that it is torn. */
function tornWrite(record: LogRecord, random: Prng): Range[] {
  const sectors = sectorsOf(record);
  const kept = random.integer(sectors.length);
  const lost = (kept + 1 + random.integer(sectors.length - 1)) % sectors.length;
  return joined(
    sectors.filter((_, index) => index === kept || (index !== lost && random.next() < 0.5)),
  );
}

/** Every other one of the pieces between some blocks. */
function tornZeroes({ offset, length }: LogRecord, random: Prng): Range[] {
  const blocks = Math.ceil(length / BLOCK_BYTES);
  const tears = Array.from(
    { length: 1 + random.integer(TEARS_MAX) },
    () => 1 + random.integer(blocks - 1),
  );
  const starts = [0, ...[...new Set(tears)].sort((a, b) => a - b)].map(
    (block) => offset + block * BLOCK_BYTES,
  );
  const ends = [...starts.slice(1), offset + length];
  const isFirst = random.integer(2) === 0;
  return starts
    .map((start, index) => ({ start, end: ends[index] ?? start }))
    .filter((_, index) => (index % 2 === 0) === isFirst);
}

/** How many physical sectors a write touches. */
function sectorCount({ offset, length }: LogRecord): number {
  const bytes = PHYSICAL_SECTOR_BYTES;
  return Math.ceil((offset + length) / bytes) - Math.floor(offset / bytes);
}

/** What a write has of each physical sector that it touches. */
function sectorsOf(record: LogRecord): Range[] {
  const bytes = PHYSICAL_SECTOR_BYTES;
  const first = Math.floor(record.offset / bytes);
  return Array.from({ length: sectorCount(record) }, (_, index) => ({
    start: Math.max(record.offset, (first + index) * bytes),
    end: Math.min(record.offset + record.length, (first + index + 1) * bytes),
  }));
}

/** Ranges that follow each other are one. */
function joined(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const { start, end } of ranges) {
    const last = all.at(-1);
    if (last?.end === start) all[all.length - 1] = { start: last.start, end };
    else all.push({ start, end });
  }
  return all;
}

/** For each disk, when the last flush arrived that was done and completed. */
function lastFlushes(
  records: readonly LogRecord[],
  completedAt: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const last = new Map<number, number>();
  for (const [number, { kind, flags, disk }] of records.entries()) {
    const isDone = kind === 'flush' && (flags & FLAG.lie) === 0 && completedAt.has(number);
    if (isDone) last.set(disk, number);
  }
  return last;
}

/** When each record was completed, by its number; what failed was not. */
function completions(records: readonly LogRecord[]): ReadonlyMap<number, number> {
  const completedAt = new Map<number, number>();
  for (const [number, { kind, error, offset }] of records.entries()) {
    if (kind === 'completion' && error === 0) completedAt.set(offset, number);
  }
  return completedAt;
}

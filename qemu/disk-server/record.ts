/** Records of the disk log, 64 bytes each: docs/disk-log.md. All numbers are little endian. */
import { crc32 } from 'node:zlib';

export const RECORD_BYTES = 64;
const CHECKED_BYTES = 60;
/** `disk` of a record that is about all of them. */
export const ALL_DISKS = 0xffff;

/** What changes a disk, in the order in which it was asked for; `restored` is what a cut made of it. */
const CHANGES = ['write', 'zeroes', 'discard', 'restored'] as const;
const KINDS = [...CHANGES, 'flush', 'completion', 'refusal', 'mark', 'cut'] as const;
export type Kind = (typeof KINDS)[number];

export function isChange(kind: Kind): boolean {
  return (CHANGES as readonly Kind[]).includes(kind);
}

/** Bits of a record's `flags`. */
export const FLAG = {
  /** Sure by itself as soon as it is completed (NBD_CMD_FLAG_FUA). */
  fua: 1,
  /** A flush that was answered and not done. */
  lie: 2,
  /** What is stored is not what was sent: a fault spoiled it. */
  spoilt: 4,
} as const;

export interface LogRecord {
  readonly kind: Kind;
  readonly flags: number;
  /** Index of the disk; {@link ALL_DISKS} for marks and cuts. */
  readonly disk: number;
  /** NBD's number, of a completion; 0: it succeeded. */
  readonly error: number;
  /** Bytes on the disk; of a completion, the number of the record that is completed. */
  readonly offset: number;
  /** Bytes on the disk; of a mark, of its text. */
  readonly length: number;
  /** Of what is stored. */
  readonly checksum: number;
  /** Where the data of it is: a number of bytes in all data files of the chain, one after the other; 0: zeroes, or none. */
  readonly data: number;
  /** Since the server began, in microseconds. */
  readonly atUs: number;
}

export function encodeRecord(
  record: Omit<LogRecord, 'atUs'>,
  atUs: number,
  into: Buffer,
  at: number,
): void {
  into.fill(0, at, at + RECORD_BYTES);
  into.writeUInt8(KINDS.indexOf(record.kind) + 1, at);
  into.writeUInt8(record.flags, at + 1);
  into.writeUInt16LE(record.disk, at + 2);
  into.writeUInt32LE(record.error, at + 4);
  writeUInt64(into, record.offset, at + 8);
  into.writeUInt32LE(record.length, at + 16);
  into.writeUInt32LE(record.checksum, at + 20);
  writeUInt64(into, record.data, at + 24);
  writeUInt64(into, atUs, at + 32);
  into.writeUInt32LE(crc32(into.subarray(at, at + CHECKED_BYTES)), at + CHECKED_BYTES);
}

/** Null: it is damaged, or was not written to its end. */
export function decodeRecord(from: Buffer, at: number): LogRecord | null {
  const bytes = from.subarray(at, at + RECORD_BYTES);
  if (bytes.length < RECORD_BYTES) return null;
  if (crc32(bytes.subarray(0, CHECKED_BYTES)) !== bytes.readUInt32LE(CHECKED_BYTES)) return null;
  const kind = KINDS[bytes.readUInt8(0) - 1];
  if (kind === undefined) return null;
  return {
    kind,
    flags: bytes.readUInt8(1),
    disk: bytes.readUInt16LE(2),
    error: bytes.readUInt32LE(4),
    offset: readUInt64(bytes, 8),
    length: bytes.readUInt32LE(16),
    checksum: bytes.readUInt32LE(20),
    data: readUInt64(bytes, 24),
    atUs: readUInt64(bytes, 32),
  };
}

/** Without BigInt, which would be made for each of millions; a disk has fewer than 2^53 bytes. */
function writeUInt64(into: Buffer, value: number, at: number): void {
  into.writeUInt32LE(value % 2 ** 32, at);
  into.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

function readUInt64(from: Buffer, at: number): number {
  return from.readUInt32LE(at) + from.readUInt32LE(at + 4) * 2 ** 32;
}

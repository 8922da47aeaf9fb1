/** The ordered log of all disks of a host, open for more: docs/disk-log.md. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { crc32 } from 'node:zlib';
import { HostproofError } from '../../harness/domain/errors.ts';
import { chainOf, fileOf } from './chain.ts';
import { BLOCK_BYTES, Data } from './data.ts';
import { Disk } from './disk.ts';
import {
  ALL_DISKS,
  decodeRecord,
  encodeRecord,
  isChange,
  RECORD_BYTES,
  type LogRecord,
} from './record.ts';

/** Grows when more come at once. */
const PENDING_RECORDS = 1024;

type StoredText = Pick<LogRecord, 'length' | 'data' | 'checksum'>;

export class DiskLog implements Disposable {
  readonly disks: readonly Disk[];
  readonly #logs: readonly string[];
  readonly #data: Data;
  readonly #fd: number;
  /** Of marks: the same comes each time that a rule strikes, and takes a block. */
  readonly #texts = new Map<string, StoredText>();
  readonly #began = performance.now();
  #pending = Buffer.alloc(PENDING_RECORDS * RECORD_BYTES);
  #pendingBytes = 0;
  /** Bytes of records in our own file. */
  #writtenBytes: number;
  #hasFailed = false;
  /** Records of the logs below. */
  readonly #belowCount: number;

  private constructor(log: string) {
    const { logs, disks } = chainOf(log);
    this.#logs = logs;
    this.#data = new Data(logs.map((one) => fileOf(one, 'data')));
    this.disks = disks.map(({ name, sizeBytes }) => new Disk(name, sizeBytes, this.#data));
    const below = logs.slice(0, -1).map((one) => this.#replay(one));
    this.#belowCount = below.reduce((sum, count) => sum + count, 0);
    this.#fd = openSync(fileOf(log, 'records'), 'r+');
    this.#writtenBytes = this.#replay(log) * RECORD_BYTES;
    // a record that was not written to its end, when the process was killed
    ftruncateSync(this.#fd, this.#writtenBytes);
  }

  /** @throws Error when a file is not there, or not what it must be */
  static open(log: string): DiskLog {
    return new DiskLog(log);
  }

  /** How many records there are, with those of the logs below: the number of the next. */
  get count(): number {
    return this.#belowCount + (this.#writtenBytes + this.#pendingBytes) / RECORD_BYTES;
  }

  /** It is in the file after {@link commit}. @returns its number */
  append(record: Omit<LogRecord, 'atUs'>): number {
    const number = this.count;
    if (this.#pendingBytes === this.#pending.length) {
      this.#pending = Buffer.concat([this.#pending, Buffer.alloc(this.#pending.length)]);
    }
    const atUs = Math.round((performance.now() - this.#began) * 1000);
    encodeRecord(record, atUs, this.#pending, this.#pendingBytes);
    this.#pendingBytes += RECORD_BYTES;
    return number;
  }

  mark(text: string): number {
    const stored = this.#texts.get(text) ?? this.#store(text);
    this.#texts.set(text, stored);
    return this.append({ kind: 'mark', flags: 0, error: 0, disk: ALL_DISKS, offset: 0, ...stored });
  }

  /** All that was appended is in the files: the data before what names it. */
  commit(): void {
    this.#data.commit();
    try {
      this.#writeRecords();
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    this.#writtenBytes += this.#pendingBytes;
    this.#pendingBytes = 0;
  }

  /** All records, those of the logs below first. */
  records(): LogRecord[] {
    this.commit();
    const records: LogRecord[] = [];
    for (const log of this.#logs) eachRecord(log, (record) => records.push(record));
    return records;
  }

  /**
   * The exact bytes that a write or a mark has stored, wherever the disk's blocks are now.
   *
   * @param number of the record
   * @throws HostproofError `env/io` when they have another checksum than the record
   */
  stored(number: number, { data, length, checksum }: LogRecord): Buffer {
    const block = Math.floor(data / BLOCK_BYTES);
    const head = data - block * BLOCK_BYTES;
    const blocks = Buffer.allocUnsafe(Math.ceil((head + length) / BLOCK_BYTES) * BLOCK_BYTES);
    this.#data.read(block, blocks);
    const bytes = blocks.subarray(head, head + length);
    if (crc32(bytes) === checksum) return bytes;
    const what = `what record ${number.toString()} has stored is not what was written`;
    throw new HostproofError('env/io', `${this.#data.fileWith(block)}: ${what}`);
  }

  /** A disk as it was before anything happened. */
  emptyDisk({ name, sizeBytes }: Disk): Disk {
    return new Disk(name, sizeBytes, this.#data);
  }

  /** Commits, but for a log that could not be committed: that is known, and would fail again. */
  [Symbol.dispose](): void {
    try {
      if (!this.#hasFailed && !this.#data.hasFailed) this.commit();
    } finally {
      closeSync(this.#fd);
      this.#data[Symbol.dispose]();
    }
  }

  #writeRecords(): void {
    let from = 0;
    while (from < this.#pendingBytes) {
      const left = this.#pendingBytes - from;
      from += writeSync(this.#fd, this.#pending, from, left, this.#writtenBytes + from);
    }
  }

  #store(text: string): StoredText {
    const bytes = Buffer.alloc(BLOCK_BYTES);
    // as much of it as a block holds
    const length = bytes.write(text, 'utf8');
    const data = this.#data.append([bytes], bytes.length) * BLOCK_BYTES;
    return { length, data, checksum: crc32(bytes.subarray(0, length)) };
  }

  /** @returns how many records there are */
  #replay(log: string): number {
    return eachRecord(log, ({ kind, disk, offset, length, data }) => {
      if (isChange(kind)) this.disks[disk]?.place(offset, length, data);
    });
  }
}

/**
 * Of a log that was not ended in peace, the last records may be missing or half written.
 *
 * @returns how many there were
 * @throws Error when records are damaged that others follow
 */
function eachRecord(log: string, body: (record: LogRecord) => void): number {
  const bytes = readFileSync(fileOf(log, 'records'));
  let at = 0;
  for (; at < bytes.length; at += RECORD_BYTES) {
    const record = decodeRecord(bytes, at);
    if (record === null) break;
    body(record);
  }
  for (let next = at + RECORD_BYTES; next < bytes.length; next += RECORD_BYTES) {
    if (decodeRecord(bytes, next) === null) continue;
    const number = Math.floor(at / RECORD_BYTES);
    throw new Error(`${fileOf(log, 'records')}: record ${number.toString()} is damaged`);
  }
  return Math.floor(at / RECORD_BYTES);
}

/**
 * What was written to the disks, in blocks of 4 KiB, one after the other: those of the logs below, which do not change any more,
 * and then our own. Block 0 is none of them: it stands for zeroes.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync, writevSync } from 'node:fs';

export const BLOCK_BYTES = 4096;
/** The kernel takes 1024 at once. */
const VECTORS_MAX = 512;

interface Segment {
  readonly file: string;
  readonly fd: number;
  /** The number of its first block. */
  readonly first: number;
}

export class Data implements Disposable {
  /** The last one is our own. */
  readonly #segments: Segment[] = [];
  readonly #own: Segment;
  #nextBlock = 1;
  /** Appended, and not yet written. */
  #pending: Buffer[] = [];
  #writtenBlocks: number;
  #hasFailed = false;

  /** @param files from the lowest to our own */
  constructor(files: readonly string[]) {
    for (const [index, file] of files.entries()) {
      const fd = openSync(file, index === files.length - 1 ? 'r+' : 'r');
      this.#segments.push({ file, fd, first: this.#nextBlock });
      // a last block that was not written to its end belongs to no record
      this.#nextBlock += Math.ceil(fstatSync(fd).size / BLOCK_BYTES);
    }
    const own = this.#segments.at(-1);
    if (own === undefined) throw new RangeError('there is no data file');
    this.#own = own;
    this.#writtenBlocks = this.#nextBlock;
  }

  /**
   * Whole blocks only. They are in the file after {@link commit}.
   *
   * @returns the number of the first
   */
  append(pieces: readonly Buffer[], lengthBytes: number): number {
    const block = this.#nextBlock;
    // not spread: there may be more than a call takes
    for (const piece of pieces) this.#pending.push(piece);
    this.#nextBlock += lengthBytes / BLOCK_BYTES;
    return block;
  }

  /** Whether something could not be written. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  commit(): void {
    const pieces = this.#pending;
    let at = (this.#writtenBlocks - this.#own.first) * BLOCK_BYTES;
    try {
      for (let next = 0; next < pieces.length; next += VECTORS_MAX) {
        at += writeFully(this.#own.fd, pieces.slice(next, next + VECTORS_MAX), at);
      }
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
    // not earlier: records name them as soon as they are not pending any more
    this.#pending = [];
    this.#writtenBlocks = this.#nextBlock;
  }

  /** Blocks that follow each other. */
  read(block: number, into: Buffer): void {
    if (this.#pending.length > 0) this.commit();
    let [from, at] = [block, 0];
    while (at < into.length) {
      const { fd, first, end } = this.#segmentWith(from);
      const length = Math.min(into.length - at, (end - from) * BLOCK_BYTES);
      readFully(fd, into.subarray(at, at + length), (from - first) * BLOCK_BYTES);
      at += length;
      from = end;
    }
  }

  /** The file that a block is in. */
  fileWith(block: number): string {
    return this.#segmentWith(block).file;
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#segments.splice(0)) closeSync(fd);
  }

  /** `end`: the block behind its last one. */
  #segmentWith(block: number): Segment & { readonly end: number } {
    const index = this.#segments.findLastIndex(({ first }) => first <= block);
    const segment = this.#segments[index];
    const end = this.#segments[index + 1]?.first ?? this.#nextBlock;
    if (segment === undefined || block >= end)
      throw new RangeError(`there is no block ${block.toString()}`);
    return { ...segment, end };
  }
}

/** @returns how many bytes that were */
function writeFully(fd: number, pieces: readonly Buffer[], at: number): number {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let written = writevSync(fd, pieces, at);
  if (written === length) return length;
  // a full disk below writes what fits, and says so the next time
  const all = Buffer.concat(pieces);
  while (written < length) written += writeSync(fd, all, written, length - written, at + written);
  return length;
}

/** What is behind the end of the file was never written: zeroes. */
function readFully(fd: number, into: Buffer, at: number): void {
  let length = 0;
  while (length < into.length) {
    const bytes = readSync(fd, into, length, into.length - length, at + length);
    if (bytes === 0) break;
    length += bytes;
  }
  into.fill(0, length);
}

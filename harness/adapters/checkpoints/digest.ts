/** The digest by which a file of a state is known, and by which damage to it is found. */
import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';

const BUFFER_BYTES = 2 ** 20;
/** Divides the buffer. */
const BLOCK_BYTES = 2 ** 16;
const ZEROES = Buffer.alloc(BLOCK_BYTES);
/** Where holes are is asked for larger files only: below, reading them takes no longer. */
const SMALL_BYTES = 2 ** 26;

/** Bytes of a file, up to and without `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * SHA-256 over the blocks of a file that are not all zeroes, each after its offset, and over the file's length: 64 hexadecimal
 * digits. Two files of the same content have the same digest, wherever their holes are. Of a guest's memory most is a hole, and
 * reading and hashing that would take most of the time.
 */
export async function digestOfFile(path: string): Promise<string> {
  const { size } = await stat(path);
  const ranges = size < SMALL_BYTES ? [{ start: 0, end: size }] : await dataOf(path, size);
  const hash = createHash('sha256');
  const offset = Buffer.alloc(8);
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  await using file = await open(path);
  for (const { start, end } of ranges) {
    for (let from = start; from < end; from += BUFFER_BYTES) {
      const read = buffer.subarray(0, Math.min(BUFFER_BYTES, end - from));
      await fill(file, read, from);
      for (let at = 0; at < read.length; at += BLOCK_BYTES) {
        const block = read.subarray(at, at + BLOCK_BYTES);
        if (block.equals(ZEROES.subarray(0, block.length))) continue;
        offset.writeBigUInt64LE(BigInt(from + at));
        hash.update(offset).update(block);
      }
    }
  }
  offset.writeBigUInt64LE(BigInt(size));
  return hash.update(offset).digest('hex');
}

const extentsSchema = z.array(
  z.object({ start: z.number(), length: z.number(), zero: z.boolean() }),
);

/** What of a file is no hole, in whole blocks; all of it where nobody can say. */
async function dataOf(path: string, size: number): Promise<readonly Range[]> {
  const map = ['map', '--output=json', '-f', 'raw', resolve(path)];
  const { failed, stdout } = await execa('qemu-img', map, { reject: false, stdin: 'ignore' });
  if (failed) return [{ start: 0, end: size }];
  const ranges: { start: number; end: number }[] = [];
  for (const { start, length, zero } of extentsSchema.parse(JSON.parse(stdout))) {
    if (zero) continue;
    const first = Math.floor(start / BLOCK_BYTES) * BLOCK_BYTES;
    const end = Math.min(size, Math.ceil((start + length) / BLOCK_BYTES) * BLOCK_BYTES);
    const last = ranges.at(-1);
    if (last !== undefined && first <= last.end) last.end = Math.max(last.end, end);
    else ranges.push({ start: first, end });
  }
  return ranges;
}

async function fill(
  file: Awaited<ReturnType<typeof open>>,
  buffer: Buffer,
  position: number,
): Promise<void> {
  let length = 0;
  while (length < buffer.length) {
    const left = buffer.length - length;
    const { bytesRead } = await file.read(buffer, length, left, position + length);
    if (bytesRead === 0) throw new Error('the file has become shorter');
    length += bytesRead;
  }
}

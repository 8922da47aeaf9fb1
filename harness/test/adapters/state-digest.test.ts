/** What a file of a state is known by: its content, wherever its holes are. */
import { open, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { digestOfFile } from '../../adapters/checkpoints/digest.ts';

const BLOCK_BYTES = 2 ** 16;
/** More than is read at once, and no whole number of blocks; the second so large that holes are looked for. */
const SIZES = [3 * 2 ** 20 + 12_345, 70 * 2 ** 20 + 12_345];

/** A file of holes, but for what is written at the offsets. */
async function digestOf(
  directory: string,
  { sizeBytes, ...written }: { sizeBytes: number } & Record<number, string>,
): Promise<string> {
  const path = join(directory, 'file');
  await writeFile(path, '');
  await truncate(path, sizeBytes);
  await using file = await open(path, 'r+');
  for (const [offset, text] of Object.entries(written)) await file.write(text, Number(offset));
  return await digestOfFile(path);
}

for (const sizeBytes of SIZES) {
  t.test(`what is in ${sizeBytes.toString()} bytes makes their digest, and where`, async (t) => {
    const directory = t.testdir();
    const file = { sizeBytes, 100: 'a', [2 ** 20]: 'b' };
    const usual = await digestOf(directory, file);
    t.match(usual, /^[0-9a-f]{64}$/);
    const others = {
      'a byte that differs': { ...file, [2 ** 20]: 'c' },
      'a byte elsewhere in its block': { sizeBytes, 101: 'a', [2 ** 20]: 'b' },
      'a block elsewhere': { sizeBytes, [BLOCK_BYTES + 100]: 'a', [2 ** 20]: 'b' },
      'a byte more, where all was zeroes': { ...file, [2 ** 21]: '\u0001' },
      'the very last byte': { ...file, [sizeBytes - 1]: '\u0001' },
      'a block less': { sizeBytes, 100: 'a' },
      'longer by zeroes': { ...file, sizeBytes: sizeBytes + BLOCK_BYTES },
      'shorter by zeroes': { ...file, sizeBytes: sizeBytes - BLOCK_BYTES },
    };
    for (const [what, other] of Object.entries(others)) {
      t.not(await digestOf(directory, other), usual, what);
    }
    const zeroes = '\0'.repeat(2 * BLOCK_BYTES);
    const filled = await digestOf(directory, { ...file, [2 ** 21]: zeroes });
    t.equal(filled, usual, 'zeroes that are written are as good as a hole');
  });
}

t.test('an empty file has a digest', async (t) => {
  t.match(await digestOf(t.testdir(), { sizeBytes: 0 }), /^[0-9a-f]{64}$/);
});

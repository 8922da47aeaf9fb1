/** What is on an EFI system partition is taken and put back, on good, odd and hostile disks. */
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { prng } from '../../harness/domain/prng.ts';
import type { DiskSpec } from '../../harness/ports/machine.ts';
import { overlayDisk } from '../disks.ts';
import { emptyEsp, putBack } from '../empty-esp.ts';
import { rootDirectoryOfEsp } from '../esp.ts';
import { readSectors } from '../sectors.ts';
import { served } from './disk-server/served.ts';
import { writeEspDisk } from './esp-disk.ts';
import { newDirectory } from './machines.ts';

t.setTimeout(120_000);

const MIB = 2 ** 20;
const ESP_BYTES_AT = MIB;

/** What mtools see in the partition of a raw disk: another reader of file systems than ours. */
async function seenOn(disk: string): Promise<string> {
  const { stdout } = await execa(
    'mdir',
    ['-/', '-b', '-i', `${disk}@@${ESP_BYTES_AT.toString()}`],
    {
      reject: false,
    },
  );
  return stdout;
}

for (const [fat, sizeMiB] of [
  [12, 4],
  [16, 64],
  [32, 64],
] as const) {
  t.test(`a FAT${fat.toString()} is emptied, and is as it was when it is put back`, async (t) => {
    const file = await writeEspDisk(newDirectory(), { fat, sizeMiB });
    const disk: DiskSpec = { id: 'disk0', file, format: 'raw', kind: 'disk' };
    const before = await readFile(file);
    t.match(await seenOn(file), /BOOTX64\.EFI/);
    const taken = await emptyEsp(disk);
    t.equal(await seenOn(file), '', 'nothing is found there');
    t.equal(await emptyEsp(disk), null, 'nothing is left to take');
    if (taken === null) throw new Error('nothing was taken');
    await putBack(disk, taken);
    t.ok((await readFile(file)).equals(before));
  });
}

t.test('on a qcow2 overlay, and on a served disk', async (t) => {
  const directory = newDirectory();
  const file = await writeEspDisk(directory);
  const overlay = join(directory, 'with, an odd: name "');
  await overlayDisk(overlay, file, 'raw');
  await using disks = await served([{ name: 'disk0', sizeBytes: 66 * MIB }]);
  const target = `nbd+unix:///disk0?socket=${disks.socket}`;
  await execa('qemu-img', ['convert', '-n', '-f', 'raw', '-O', 'raw', file, target]);
  const unfit = new Promise<never>(() => undefined);
  const specs: DiskSpec[] = [
    { id: 'disk0', file: overlay, format: 'qcow2', kind: 'disk' },
    { id: 'disk0', socket: disks.socket, kind: 'disk', unfit },
  ];
  for (const disk of specs) {
    const taken = await emptyEsp(disk);
    if (taken === null) throw new Error('nothing was taken');
    const { offset } = taken;
    const bytes = Buffer.from(taken.content, 'base64');
    t.match(bytes.toString('latin1'), /^EFI/);
    t.ok((await readSectors(disk, offset, bytes.length)).equals(Buffer.alloc(bytes.length)));
    await putBack(disk, taken);
    t.ok((await readSectors(disk, offset, bytes.length)).equals(bytes));
  }
});

t.test('a disk without such a partition has nothing to take', async (t) => {
  const file = join(newDirectory(), 'disk.raw');
  const disk: DiskSpec = { id: 'disk0', file, format: 'raw', kind: 'disk' };
  await writeFile(file, '');
  await truncate(file, MIB);
  t.equal(await emptyEsp(disk), null);
  await t.rejects(emptyEsp({ ...disk, file: `${file}.absent` }), { code: /^env\// });
  await t.rejects(readSectors(disk, MIB, 512), { code: 'env/io' }, 'what lies outside of it');
});

t.test('whatever is on it, a small range inside of the disk is meant', async (t) => {
  const good = await readFile(await writeEspDisk(newDirectory(), { fat: 12, sizeMiB: 4 }));
  const random = prng(20);
  const ends = { found: 0, none: 0, outside: 0 };
  const wrong: number[] = [];
  const places = [512, 1024 + 128, ESP_BYTES_AT];
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(good);
    for (let flips = random.integer(3); flips >= 0; flips--)
      bytes.writeUInt8(random.integer(256), (places[random.integer(3)] ?? 0) + random.integer(100));
    let longest = 0;
    const range = await rootDirectoryOfEsp((offset, length) => {
      longest = Math.max(longest, length);
      if (offset + length > bytes.length) return Promise.reject(new RangeError('outside'));
      return Promise.resolve(bytes.subarray(offset, offset + length));
    }).catch((error: unknown) => {
      if (error instanceof RangeError && error.message === 'outside') return undefined;
      throw error;
    });
    ends[range === undefined ? 'outside' : range === null ? 'none' : 'found']++;
    const { offset, length } = range ?? { offset: 512, length: 512 };
    const isSound = offset > 0 && length > 0 && (offset | length) % 512 === 0;
    if (!isSound || length > 2 ** 16 || longest > 2 ** 16) wrong.push(round);
  }
  t.same(wrong, []);
  for (const [end, times] of Object.entries(ends)) t.ok(times > 10, `${end}: ${times.toString()}`);
});

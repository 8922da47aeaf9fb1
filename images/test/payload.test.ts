/** What the thin layout's engine makes of an update before anything is touched. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const lib = join(import.meta.dirname, '../guest/imgbased/lib');
const directory = await mkdtemp(join(tmpdir(), 'hostproof-payload-'));
t.teardown(() => rm(directory, { recursive: true, force: true }));

/** How the engine's function ends, and what it says. */
async function ended(call: string): Promise<readonly [number | undefined, string]> {
  const program = `. ${lib}/common.sh; . ${lib}/payload.sh; ${call}`;
  const { exitCode, stderr } = await execa('sh', ['-c', program], { reject: false });
  return [exitCode, stderr];
}

/** A tree that says which image it is. */
async function tree(nvr: string): Promise<string> {
  const place = join(directory, nvr);
  await mkdir(join(place, 'usr/share/hostproof'), { recursive: true });
  await writeFile(join(place, 'usr/share/hostproof/nvr'), `${nvr}\n`);
  return place;
}

void t.test('an image that is older than the one that runs is refused', async (t) => {
  const newer = async (image: string, running: string): Promise<readonly unknown[]> =>
    ended(
      `payload_newer ${await tree(`node-${image}-1`)} ${await tree(`node-${running}-1`)}; exit 0`,
    );
  t.same(await newer('1.10', '1.9'), [0, '']);
  t.same(await newer('1.1', '1.1'), [0, ''], 'the same one: whether it is there is asked later');
  t.match(await newer('1.9', '1.10'), [
    3,
    /^imgbase: refused: node-1.9-1 is older than node-1.10-1/,
  ]);
});

void t.test('an image without an engine or an /etc is refused', async (t) => {
  const image = await tree('node-1.1-1');
  const whole = (): Promise<readonly unknown[]> => ended(`payload_whole ${image}`);
  t.same(await whole(), [3, 'imgbase: refused: the image has no layout engine']);
  await mkdir(join(image, 'usr/lib/imgbased'), { recursive: true });
  await writeFile(join(image, 'usr/lib/imgbased/update.sh'), '');
  t.same(await whole(), [3, 'imgbase: refused: the image has no /etc']);
  await mkdir(join(image, 'etc'));
  t.same(await whole(), [0, '']);
});

void t.test(
  'an image without an initramfs is refused, and nothing is said to have failed',
  async (t) => {
    const modules = join(directory, 'kernel/usr/lib/modules/6.1');
    await mkdir(modules, { recursive: true });
    await writeFile(join(modules, 'vmlinuz'), 'a kernel');
    const call = `kernel_of_tree ${join(directory, 'kernel')} >/dev/null`;
    t.match(await ended(call), [3, /^imgbase: refused: .* exactly one kernel, and its initramfs/]);
    await writeFile(join(modules, 'initramfs.img'), 'an initramfs');
    t.same(await ended(call), [0, '']);
  },
);

void t.test('an image that is not what its digest says is refused', async (t) => {
  const file = join(directory, 'image.squashfs');
  // a superblock that says it is the whole file
  const squashfs = Buffer.alloc(128);
  squashfs.write('hsqs');
  squashfs.writeBigUInt64LE(128n, 40);
  await writeFile(file, squashfs);
  t.same(await ended(`payload_verify ${file}`), [0, ''], 'none is given');
  await writeFile(`${file}.sha256`, `${'0'.repeat(64)}  image.squashfs\n`);
  t.match(await ended(`payload_verify ${file}`), [3, /is damaged: its digest is not the one in/]);
  const { stdout } = await execa('sha256sum', [file]);
  await writeFile(`${file}.sha256`, stdout);
  t.same(await ended(`payload_verify ${file}`), [0, '']);
});

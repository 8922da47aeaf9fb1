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

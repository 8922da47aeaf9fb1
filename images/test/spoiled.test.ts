/** Thin updates with something wrong have just that wrong: made by the real stages, on a tree that is small. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { recipes } from '../catalogue.ts';
import { FACTS, type StageContext } from '../script-stage.ts';
import { baseStage, rootStage } from '../stages.ts';
import { Store, type Places, type Stage } from '../store.ts';
import { thinStages } from '../thin-stages.ts';

t.setTimeout(120_000);

const DIGEST = '0'.repeat(64);
const FILES = ['etc/hostname', 'usr/sbin/imgbase', 'usr/lib/imgbased/common.sh', 'usr/bin/tool'];

const scratch = await mkdtemp(join(tmpdir(), 'hostproof-spoiled-'));
t.teardown(() => rm(scratch, { recursive: true, force: true }));
const logs = join(scratch, 'logs');
await mkdir(logs);
const context: StageContext = { logs, onProgress: () => undefined };
const base = await baseStage(
  context,
  await rootStage(context, { suite: 'bookworm', resolved: [], apt: '/nonexistent' }, []),
);
const store = new Store(join(scratch, 'cache'));
const all = await recipes();

/** What the stage of a tree leaves, but for its size. */
async function smallTree({ out, work }: Places): Promise<Awaited<ReturnType<Stage['make']>>> {
  for (const file of FILES) {
    await mkdir(join(work, file, '..'), { recursive: true });
    // nothing in it can be packed: a share of the bytes is a share of the files
    await writeFile(join(work, file), randomBytes(100_000));
  }
  await execa('mksquashfs', [work, join(out, 'root.squashfs'), '-quiet', '-no-progress']);
  const facts = { kernelRelease: '6.1.0-1', treeBytes: 1, content: { usr: DIGEST, rest: DIGEST } };
  await writeFile(join(out, FACTS), JSON.stringify(facts));
  return facts;
}

/** The same stages, on a tree that takes no time. */
function small(stage: Stage): Stage {
  if (stage.name.startsWith('tree-')) return { ...stage, inputs: [], make: smallTree };
  return { ...stage, inputs: stage.inputs.map(small) };
}

interface Update {
  /** Whether the rpm is what its own digests say. */
  readonly isSound: boolean;
  /** Whether its squashfs is what the digest beside it says. */
  readonly isAsSaid: boolean;
  /** Of the squashfs; null if it cannot be read. */
  readonly files: readonly string[] | null;
}

/** What is in an update as it is shipped. */
async function updateOf(name: string): Promise<Update> {
  const recipe = all.find((one) => one.name === name);
  if (recipe === undefined) throw new Error(`there is no image ${name}`);
  const { stage, file } = (await thinStages(context, base, recipe, undefined)).update;
  const rpm = join((await store.obtain(small(stage))).directory, file);
  const place = await mkdtemp(join(scratch, 'unpacked-'));
  const inside = async (program: string, ...args: string[]): Promise<string | null> => {
    const { exitCode, stdout } = await execa(program, args, { cwd: place, reject: false });
    return exitCode === 0 ? stdout : null;
  };
  const isSound = (await inside('rpm', '--checksig', rpm)) !== null;
  await inside('sh', '-c', 'rpm2cpio "$1" | cpio --quiet --extract --make-directories', 'sh', rpm);
  const images = join(place, 'usr/share/reference-node/image');
  const digest = `cd ${images} && sha256sum --check --status *.sha256`;
  const isAsSaid = (await inside('sh', '-c', digest)) !== null;
  const unpack = `unsquashfs -quiet -no-progress -dest tree ${images}/*.squashfs && cd tree && find . -type f`;
  const files = (await inside('sh', '-c', unpack))?.split('\n').map((path) => path.slice(2));
  return { isSound, isAsSaid, files: files?.sort() ?? null };
}

t.test('the sound one', async (t) => {
  const files = [...FILES].sort();
  t.same(await updateOf('1.1'), { isSound: true, isAsSaid: true, files });
});

t.test('cut short: the squashfs, before the rpm was built of it', async (t) => {
  t.same(await updateOf('truncated'), { isSound: true, isAsSaid: true, files: null });
});

t.test('a byte that is another: in the rpm, as it was built', async (t) => {
  t.match(await updateOf('refused-bit-flipped'), { isSound: false, isAsSaid: false });
});

t.test('the digest of another: beside a squashfs that is whole', async (t) => {
  const files = [...FILES].sort();
  t.same(await updateOf('refused-wrong-digest'), { isSound: true, isAsSaid: false, files });
});

t.test(
  'as of the other layout, and without an /etc: whole, and all the rest is there',
  async (t) => {
    const whole = { isSound: true, isAsSaid: true };
    const other = { ...whole, files: ['usr/bin/tool', 'usr/etc/hostname'] };
    t.same(await updateOf('refused-other-layout'), other);
    const files = FILES.filter((file) => !file.startsWith('etc/')).sort();
    t.same(await updateOf('refused-no-etc'), { ...whole, files });
  },
);

import { chmod, cp, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { recipes } from '../catalogue.ts';
import { keyOf, sourceDigest } from '../digest.ts';
import type { Packages } from '../packages.ts';
import { isOn, type Defect, type Recipe } from '../recipe.ts';
import type { StageContext } from '../script-stage.ts';
import { baseStage, rootStage } from '../stages.ts';
import { ostreeStages } from '../ostree-stages.ts';
import { thinStages } from '../thin-stages.ts';

const here = import.meta.dirname;

async function scratch(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-keys-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

void t.test('the digest of sources', async (t) => {
  const directory = await scratch(t);
  const file = join(directory, 'a');
  await writeFile(file, 'one');
  const first = await sourceDigest([directory]);

  await utimes(file, 1, 1);
  t.equal(await sourceDigest([directory]), first, 'times do not count');
  await cp(file, join(directory, 'test/a'), { recursive: true });
  t.equal(await sourceDigest([directory]), first, 'tests do not count');
  await chmod(file, 0o755);
  const executable = await sourceDigest([directory]);
  t.not(executable, first, 'programs are not files');
  await writeFile(file, 'two');
  t.not(await sourceDigest([directory]), executable, 'contents count');
  await rm(file);
  await writeFile(join(directory, 'b'), 'one');
  t.not(await sourceDigest([directory]), first, 'names count');
});

void t.test('what is spoiled is another update than the sound one, in each layout', async (t) => {
  const sources = { guest: join(here, '../guest'), defects: join(here, '../defects') };
  const context: StageContext = {
    ...{ logs: await scratch(t), onProgress: () => undefined, sources },
  };
  const packages: Packages = { suite: 'bookworm', resolved: ['a=1'], apt: '/nonexistent' };
  const base = await baseStage(context, await rootStage(context, packages, []));
  const spoiled = (await recipes()).filter(({ tamper }) => tamper !== null);
  for (const [layout, stages] of [
    ['thin', thinStages],
    ['ostree', ostreeStages],
  ] as const) {
    const update = async (recipe: Recipe): Promise<string> =>
      (await stages(context, base, recipe, undefined)).update.stage.key;
    for (const recipe of spoiled.filter((one) => isOn(one, layout))) {
      // of an rpm the version says how old it is
      if (recipe.tamper?.kind === 'age' && layout === 'thin') continue;
      const sound = await update({ ...recipe, tamper: null });
      t.not(await update(recipe), sound, `${recipe.name}, ${layout}`);
    }
  }
  const missing = spoiled.filter((one) => !isOn(one, 'ostree')).map(({ name }) => name);
  t.same(missing, ['fails-once']);
});

void t.test('a key does not depend on the order of its inputs', (t) => {
  t.equal(keyOf({ a: 1, b: [2] }), keyOf({ b: [2], a: 1 }));
  t.not(keyOf({ a: 1 }), keyOf({ a: 2 }));
  t.end();
});

void t.test('a change makes again what depends on it, and nothing else', async (t) => {
  const directory = await scratch(t);
  await cp(join(here, '../guest'), join(directory, 'guest'), { recursive: true });
  await cp(join(here, '../defects'), join(directory, 'defects'), { recursive: true });
  const sources = { guest: join(directory, 'guest'), defects: join(directory, 'defects') };
  const context: StageContext = { logs: directory, onProgress: () => undefined, sources };
  const packages: Packages = { suite: 'bookworm', resolved: ['a=1', 'b=2'], apt: '/nonexistent' };
  const defect: Defect = {
    name: 'rollback-lies',
    title: 'a defect of this test',
    layout: 'thin',
    story: 'upgrade/some',
    patch: 'rollback-lies.patch',
    invariant: 'default-as-promised',
  };

  const keys = async (
    change: { packages?: Packages; extra?: string[]; defect?: Defect; recipe?: object } = {},
  ): Promise<Record<string, string>> => {
    const [first] = await recipes();
    if (first === undefined) throw new Error('the catalogue is empty');
    const recipe = { ...first, ...change.recipe };
    const root = await rootStage(context, change.packages ?? packages, change.extra ?? ['pv']);
    const base = await baseStage(context, root);
    const thin = await thinStages(context, base, recipe, change.defect);
    const ostree = await ostreeStages(context, base, recipe, change.defect);
    return {
      root: root.key,
      base: base.key,
      tree: thin.update.stage.key,
      iso: thin.iso?.stage.key ?? 'none',
      commit: ostree.update.stage.key,
      medium: ostree.iso?.stage.key ?? 'none',
    };
  };
  let before = await keys();
  const changes = async (
    what: string,
    now: Promise<Record<string, string>>,
    stages: string,
  ): Promise<void> => {
    const after = await now;
    const changed = Object.keys(after).filter((stage) => after[stage] !== before[stage]);
    t.equal(changed.join(' '), stages, what);
  };

  await changes('nothing', keys(), '');
  await changes(
    'another version of a package',
    keys({ packages: { ...packages, resolved: ['a=1', 'b=3'] } }),
    'root base tree iso commit medium',
  );
  await changes(
    'where apt keeps its lists',
    keys({ packages: { ...packages, apt: '/elsewhere' } }),
    '',
  );
  await changes(
    'another package for one image',
    keys({ extra: ['pv', 'less'] }),
    'root base tree iso commit medium',
  );
  await changes('a file of one version', keys({ recipe: { files: {} } }), 'tree iso commit medium');
  await changes('a planted defect', keys({ defect }), 'tree iso commit medium');
  const planted = await keys({ defect });
  await writeFile(join(directory, 'defects/rollback-lies.patch'), 'another patch');
  t.not((await keys({ defect })).tree, planted.tree, 'the text of the patch counts');

  await writeFile(join(directory, 'guest/installer/new'), 'x');
  await changes('a file of the installer', keys(), 'tree iso medium');
  before = await keys();
  await writeFile(join(directory, 'guest/imgbased/lib/new.sh'), 'x');
  await changes('a file of the engine', keys(), 'tree iso');
  before = await keys();
  await writeFile(join(directory, 'guest/dracut/90hostproof-live/new'), 'x');
  await changes('a file of the initramfs', keys(), 'base tree iso commit medium');
  before = await keys();
  await writeFile(join(directory, 'guest/ostree/tree/new'), 'x');
  await changes('a file of ostree hosts only', keys(), 'commit medium');
});

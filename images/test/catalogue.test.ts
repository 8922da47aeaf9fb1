import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { WRONGS } from '../../harness/domain/image.ts';
import { loadBugs } from '../../harness/cli/bugs.ts';
import { loadScenarios } from '../../harness/cli/load.ts';
import { checkDefect, loadDefects } from '../../harness/cli/planted.ts';
import { named } from '../../harness/domain/nearest.ts';
import { recipes } from '../catalogue.ts';
import { catalogueFacts } from '../facts.ts';
import { PATCHED, recipeSchema } from '../recipe.ts';
import { mediumOf } from '../stages.ts';

const run = promisify(execFile);
const here = import.meta.dirname;

/** What is the update to 1.1 as no host takes it. */
const OF_THE_FIRST_UPDATE: readonly (typeof WRONGS)[number][] = [
  ...(['truncated', 'bit-flipped', 'wrong-digest', 'other-layout', 'no-etc'] as const),
];

void t.test('the catalogue has what stories need', async (t) => {
  const catalogue = await recipes();
  const sound = catalogue.filter(({ wrong }) => wrong === null);
  t.ok(sound.length >= 3, 'three sound versions to upgrade through');
  for (const wrong of WRONGS) {
    t.equal(catalogue.filter((image) => image.wrong === wrong).length, 1, `one image is ${wrong}`);
  }
  const bases = catalogue
    .filter(({ wrong }) => wrong === null || !OF_THE_FIRST_UPDATE.includes(wrong))
    .map(({ nvr }) => nvr);
  t.equal(
    new Set(bases).size,
    bases.length,
    'images that can be installed have names of their own',
  );
  t.strictSame(
    (await catalogueFacts()).map(({ name }) => name),
    catalogue.map(({ name }) => name),
  );
});

void t.test('sound versions differ in something real', async (t) => {
  const all = (await recipes()).filter(({ wrong }) => wrong === null);
  const sound = all.filter(({ family }) => family === null);
  for (const path of [
    '/usr/lib/os-release',
    '/etc/reference-node.conf',
    '/usr/share/hostproof/nvr',
  ]) {
    const texts = all.map(({ files }) => files[path]?.text);
    t.equal(new Set(texts).size, all.length, path);
  }
  t.equal(new Set(sound.map(({ packages }) => packages.join())).size, sound.length, 'packages');
  const own = sound.map(({ files }) =>
    Object.keys(files).filter((path) => path.includes('only-in')),
  );
  t.equal(new Set(own.flat()).size, sound.length, 'a file that only one version has');
});

void t.test('what a recipe may not say', async (t) => {
  const [recipe] = await recipes();
  const refuses = (change: object, why: RegExp): void => {
    t.throws(() => recipeSchema.parse({ ...recipe, ...change }), { message: why });
  };
  refuses({ files: { 'etc/x': { text: '' } } }, /absolute path/);
  refuses({ files: { '/etc/../../x': { text: '' } } }, /absolute path/);
  refuses({ version: '9.9' }, /nvr names another version/);
  refuses({ packages: ['--evil'] }, /packages/);
  refuses({ wrong: 'older' }, /a detail and an example/);
  refuses({ tamper: { kind: 'cut-short', keep: 1.5 } }, /keep/);
});

void t.test('unknown names are answered with the nearest one', async (t) => {
  const catalogue = await recipes();
  t.throws(() => named('image', 'truncatd', catalogue), {
    code: 'usage/unknown-name',
    message: /did you mean "truncated"/,
  });
});

void t.test('volume labels are what ISO 9660 allows', async (t) => {
  for (const recipe of await recipes()) t.match(mediumOf(recipe).volume, /^[A-Z0-9_]{1,16}$/);
});

void t.test(
  'every defect applies to its layout, and its patch says in a sentence what it does',
  async (t) => {
    const all = await loadDefects();
    t.ok(all.length >= 5);
    for (const defect of all) {
      const copy = await mkdtemp(join(tmpdir(), 'hostproof-defect-'));
      t.teardown(() => rm(copy, { recursive: true, force: true }));
      await cp(join(here, '../guest', PATCHED[defect.layout]), copy, { recursive: true });
      const patch = join(here, '../defects', defect.patch);
      const [sentence] = (await readFile(patch, 'utf8')).split('\n', 1);
      t.match(
        sentence,
        /^[A-Z].*[.]$/,
        `${defect.patch} begins with a sentence that says what it does`,
      );
      await t.resolves(
        run('patch', ['--strip=1', '--fuzz=0', '--batch', '-d', copy, '-i', patch]),
        `${defect.name} applies`,
      );
      const scripts = await readdir(copy, { recursive: true });
      for (const name of scripts.filter((name) => name.endsWith('.sh')))
        await run('sh', ['-n', join(copy, name)]);
    }
  },
);

void t.test('a defect that names what is not there is told, with what was meant', async (t) => {
  const [[defect], scenarios] = await Promise.all([loadDefects(), loadScenarios()]);
  if (defect === undefined) throw new Error('there is no defect');
  const known = { scenarios, invariants: ['administrator-kept'], patches: [defect.patch] };
  for (const [mistake, message] of [
    [{ story: 'upgrade/keeps-a-file' }, /unknown story "upgrade\/keeps-a-file" \(/],
    [{ story: 'disk/root-is-full', layout: 'ostree' }, /is not told on ostree/],
    [{ patch: 'other.patch' }, /unknown patch "other.patch"/],
    [{ invariant: 'administrator-keeps' }, /did you mean "administrator-kept"/],
    [{ invariant: 'expect.fil' }, /asks for no expect\.fil/],
    [{ invariant: 'console.kernel-panik' }, /did you mean "kernel-panic"/],
  ] as const) {
    await t.rejects(checkDefect({ ...defect, ...mistake }, known), {
      code: 'usage/catalogue',
      message: new RegExp(`^images/defects/${defect.name}\\.ts: .*${message.source}`),
    });
  }
});

void t.test(
  'a family of images is told apart from the others, and is built when it is named',
  async (t) => {
    const series = (await recipes()).filter(({ family }) => family === 'series');
    t.ok(series.length > 10);
    t.ok(series.every(({ name }, index) => name === `series-${String(index + 1)}`));
    t.strictSame(
      (await recipes()).filter(({ family }) => family === null).map(({ name }) => name),
      ['1.0', '1.1', '1.2', 'fails-once', 'panics', 'truncated', 'unhealthy'],
    );
  },
);

/** As many planted defects as that must be real ones, of as many parts of a host's life. */
const [REAL_MIN, CLASSES_MIN] = [40, 12];

void t.test(
  'planted defects are real ones, of many classes, and each is planted where its story looks',
  async (t) => {
    const [all, bugs, scenarios] = await Promise.all([loadDefects(), loadBugs(), loadScenarios()]);
    const real = all.flatMap((defect) => (defect.bugs ?? []).map((bug) => ({ defect, bug })));
    for (const { defect, bug } of real) {
      const known = bugs.find(({ id }) => id === bug);
      t.ok(known?.layouts.includes(defect.layout), `${defect.name}: ${bug}`);
      const story = scenarios.find(({ id }) => id === defect.story);
      t.ok(story?.scenario.data.bugs?.includes(bug), `${defect.story} names ${bug}`);
    }
    const classes = bugs
      .filter(({ id }) => real.some(({ bug }) => bug === id))
      .map((bug) => bug.class);
    t.ok(new Set(real.map(({ defect }) => defect.name)).size >= REAL_MIN, 'real ones');
    t.ok(new Set(classes).size >= CLASSES_MIN, 'of many classes');
  },
);

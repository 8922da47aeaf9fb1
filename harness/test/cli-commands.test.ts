import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { loadBugs } from '../cli/bugs.ts';
import { loadScenarios, ROOT } from '../cli/load.ts';
import { parseSize } from '../cli/size.ts';
import { coverage, OFFERED } from '../domain/bug.ts';
import { hostproof, writeBlankMedium } from './hostproof.ts';

t.setTimeout(120_000);
const work = await mkdtemp(join(tmpdir(), 'hostproof-commands-'));
t.teardown(() => rm(work, { recursive: true, force: true }));
const env = { XDG_CACHE_HOME: join(work, 'cache') };

t.test('the version', async (t) => {
  t.match((await hostproof(['--version'])).stdout, /^\d+\.\d+\.\d+$/);
});

t.test('list: everything, one kind, for people and for programs', async (t) => {
  const all = JSON.parse((await hostproof(['list', '--json'])).stdout) as Record<string, unknown[]>;
  const kinds = [
    'scenarios',
    'variants',
    'images',
    'layouts',
    'reporters',
    'defects',
    'faults',
    'bugs',
  ];
  t.same(Object.keys(all), kinds);
  t.match(all['scenarios']?.[0], { name: /\//, title: String, suite: String });
  t.match(all['images']?.[0], {
    name: '1.0',
    layouts: ['thin', 'ostree'],
    version: '1.0',
    wrong: null,
  });
  const variants = all['variants'] as { name: string; why: string | null; suite: string | null }[];
  const scenarios = all['scenarios'] as { name: string }[];
  t.equal(variants.length, scenarios.length * 2 * 2, 'every story on every layout and storage');
  t.ok(variants.every(({ why, suite }) => (why === null) !== (suite === null)));
  const bugs = all['bugs'] as { name: string; stories: string[]; why: string | null }[];
  t.match(bugs[0], { name: /^thin-/, class: String, layouts: ['thin'], defects: Array });
  t.ok(bugs.every(({ stories, why }) => (why === null) === stories.length > 0));
  const images = await hostproof(['list', 'images']);
  t.match(images.stdout, /^images\n {2}1\.0 +\S/);
  const wrong = await hostproof(['list', 'imges']);
  t.equal(wrong.status, 2);
  t.match(wrong.stderr, /unknown kind "imges": did you mean "images"/);
});

t.test('list faults: what can go wrong below three headings, each with an example', async (t) => {
  const { stdout } = await hostproof(['list', 'faults']);
  t.match(stdout, /^faults\n {2}boot-order-changed +\S.*\n +\S.*\n +host\.strike\(/);
  t.match(
    stdout,
    /\n\nimages with something wrong\n {2}fails-once +\S.*\n +\S.*\n +host\.upgrade\(/,
  );
  t.match(stdout, /\n\nmoments at which .*\n {2}at +\S.*\n +\S.*\n +host\.upgrade\(/);
  t.match(
    stdout,
    /\n\nplaces that can be filled .*\n {2}unless said +\S.*\n +\S.*\n +host\.fill\(/,
  );
});

t.test('list bugs: what catches each, or why nothing does', async (t) => {
  // it ends with 2 when a story or a planted defect names an id that is not there or not of its layout
  const ran = await hostproof(['list', 'bugs']);
  t.equal(ran.status, 0, ran.stderr);
  t.match(ran.stdout, /^bugs\n/);
  t.match(ran.stdout, /\n {2}thin-menu-file-\S+ +\S+; planted: menu-written-in-place\n/);
  t.match(ran.stdout, /\n {2}thin-mbr-set-default-ignored +nothing \(needs: bios\)\n/);
  t.match(ran.stdout, /\n {2}live-owner-lost-on-persist +nothing \(no layout live\)\n/);
  t.notMatch(ran.stdout, /no story yet/, 'what keeps one from being told is said');
  t.match(ran.stdout, /\n {2}thin-release-4-5-5-\S+ +nothing \(only on the real product\)\n/);
  t.match(
    ran.stdout,
    /\n\d+ defects: \d+ with a story, \d+ with a planted defect, \d+ with nothing$/,
  );
});

t.test('list: only what has the words in it', async (t) => {
  const ran = await hostproof(['list', 'bugs', 'initramfs', 'BOOT']);
  t.match(ran.stdout, /\n {2}thin-default-points-to-deleted-lv +disk\/boot-is-full/);
  t.match(
    ran.stdout,
    /\n +After a refused upgrade on a small \/boot\b.*\n +imgbased upgrade window W11/,
  );
  t.notMatch(ran.stdout, /thin-mbr-set-default-ignored/);
  t.equal(
    (await hostproof(['list', 'bugs', 'feasible_on_reference'])).stdout,
    '',
    'by what it says',
  );
  const none = await hostproof(['list', 'bugs', 'no such word']);
  t.equal(none.status, 0);
  t.match(none.stderr, /nothing has/);
});

t.test('bugs: what can be had is in the code, and what is wrong is said', async (t) => {
  for (const path of Object.values(OFFERED)) await t.resolves(access(join(ROOT, path)), path);

  const [bugs, scenarios] = await Promise.all([loadBugs(), loadScenarios()]);
  const [first] = bugs;
  const file = join(work, 'bugs.yaml');
  for (const [entries, message] of [
    [[first, { ...first, id: 'thin-x', colour: 'red' }], /bugs\.yaml: entry thin-x: .*"colour"/],
    [[{ ...first, needs: ['patience'] }], /entry thin-default-\S+: needs\.0: Invalid option/],
    [[first, first], /entry thin-default-\S+: there are two of this id/],
    [[{}], /entry number 1: id: Invalid input/],
    [{}, /not a list of entries/],
  ] as const) {
    await writeFile(file, JSON.stringify(entries)); // which is YAML, too
    await t.rejects(loadBugs(file), { code: 'usage/bug', message });
  }

  const told = scenarios.slice(0, 1).map(({ id, scenario }) => ({ id, scenario }));
  const naming = (layout: 'thin' | 'ostree', id: string) =>
    told.map(({ scenario }) => {
      const data = { ...scenario.data, layouts: [layout], bugs: [id] };
      return { id: 'some/story', scenario: { ...scenario, data } };
    });
  const planted = { name: 'spoiled', layout: 'thin', story: 'some/story' } as const;
  for (const [stories, defects, message] of [
    [naming('thin', 'thin-kernel-argument-ordre'), [], /did you mean "thin-kernel-argument-order"/],
    [naming('ostree', 'thin-kernel-argument-order'), [], /story is for ostree: .* of thin only/],
    [
      told,
      [{ ...planted, bugs: ['thin-suid'] }],
      /planted defect spoiled: unknown bug "thin-suid"/,
    ],
    [
      naming('thin', 'thin-suid-bit-lost'),
      [{ ...planted, bugs: ['thin-kernel-argument-order'] }],
      /its story some\/story does not name "thin-kernel-argument-order"/,
    ],
  ] as const) {
    t.throws(() => coverage(bugs, stories, defects), { code: 'usage/bug', message });
  }
});

t.test('image: an empty cache, and unknown names', async (t) => {
  const list = await hostproof(['image', 'list', '--json'], { env });
  const images = JSON.parse(list.stdout) as { state: string }[];
  t.ok(images.length >= 6 && images.every(({ state }) => state === 'absent'));
  const absent = await hostproof(['image', 'verify', '1.0'], { env });
  t.equal(absent.status, 3);
  t.match(absent.stderr, /hostproof image build/);
  t.equal(
    (await hostproof(['image', 'verify'], { env })).status,
    0,
    'nothing is built: all is well',
  );
  const unknown = await hostproof(['image', 'build', '1.O'], { env });
  t.equal(unknown.status, 2);
  t.match(unknown.stderr, /unknown image "1\.O": did you mean "1\.0"/);
  const command = await hostproof(['image', 'biuld'], { env });
  t.equal(command.status, 2);
  t.match(command.stderr, /did you mean "build".*\n.*hostproof image --help/);
});

t.test('install: what is wrong is said before anything is started', async (t) => {
  const iso = join(work, 'medium.iso');
  const empty = join(work, 'empty.cfg');
  const text = join(work, 'medium.txt');
  await writeBlankMedium(iso);
  await writeFile(text, 'no medium at all');
  await writeFile(empty, '\n');
  for (const [args, message] of [
    [['--disk', '4G'], /required option '--iso <file>'/],
    [['--iso', iso], /required option '--disk <size>'/],
    [['--iso', iso, '--disk', '40'], /a size with its unit/],
    [['--iso', join(work, 'absent.iso'), '--disk', '4G'], /there is no file .*absent\.iso/],
    [['--iso', text, '--disk', '4G'], /medium\.txt is no medium to start from/],
    [['--iso', iso, '--disk', '4G', '--sha256', '12'], /64 hexadecimal digits/],
    [['--iso', iso, '--disk', '4G', '--sha256', '0'.repeat(64)], /has the digest [0-9a-f]{64}/],
    [['--iso', iso, '--disk', '4G', '--ks', empty], /empty\.cfg is not a kickstart/],
    [['--iso', iso, '--disk', '4G', '--ks', join(work, 'no.cfg')], /cannot read .*no\.cfg/],
    [['--iso', iso, '--disk', '4G', '--firmware', 'uefy'], /did you mean "uefi"/],
    [['--iso', iso, '--disk', '4G', '--kss', empty], /did you mean "--ks"/],
  ] as const) {
    const ran = await hostproof(['install', ...args], { env });
    t.equal(ran.status, 2, args.join(' '));
    t.match(ran.stderr, message);
  }
});

t.test('doctor: every check has an answer, and the verdict fits them', async (t) => {
  const ran = await hostproof(['doctor', '--json'], { env });
  const report = JSON.parse(ran.stdout) as {
    fit: boolean;
    checks: { name: string; status: string }[];
  };
  t.same(report.checks.map(({ name }) => name).slice(0, 4), [
    'system',
    'QEMU',
    'accelerator',
    'firmware',
  ]);
  t.equal(
    report.fit,
    report.checks.every(({ status }) => status !== 'unfit'),
  );
  t.equal(ran.status, report.fit ? 0 : 3);
});

t.test('sizes have units', (t) => {
  t.equal(parseSize('40G'), 40 * 2 ** 30);
  t.equal(parseSize('512MiB'), 2 ** 29);
  t.equal(parseSize('1.5g'), 1.5 * 2 ** 30);
  for (const wrong of ['40', '', 'G', '-1G', '1K', '4 G B', '0.1M']) {
    t.throws(() => parseSize(wrong), { code: 'commander.invalidArgument' }, wrong);
  }
  t.end();
});

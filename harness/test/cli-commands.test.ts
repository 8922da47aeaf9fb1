import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseSize } from '../cli/size.ts';
import { hostproof } from './hostproof.ts';

t.setTimeout(120_000);
const work = await mkdtemp(join(tmpdir(), 'hostproof-commands-'));
t.teardown(() => rm(work, { recursive: true, force: true }));
const env = { XDG_CACHE_HOME: join(work, 'cache') };

t.test('the version', async (t) => {
  t.match((await hostproof(['--version'])).stdout, /^\d+\.\d+\.\d+$/);
});

t.test('list: everything, one kind, for people and for programs', async (t) => {
  const all = JSON.parse((await hostproof(['list', '--json'])).stdout) as Record<string, unknown[]>;
  t.same(Object.keys(all), ['scenarios', 'variants', 'images', 'layouts', 'reporters', 'defects']);
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
  const images = await hostproof(['list', 'images']);
  t.match(images.stdout, /^images\n {2}1\.0 +\S/);
  const wrong = await hostproof(['list', 'imges']);
  t.equal(wrong.status, 2);
  t.match(wrong.stderr, /unknown kind "imges": did you mean "images"/);
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
  await writeFile(iso, 'not much of a medium');
  await writeFile(empty, '\n');
  for (const [args, message] of [
    [['--disk', '4G'], /required option '--iso <file>'/],
    [['--iso', iso], /required option '--disk <size>'/],
    [['--iso', iso, '--disk', '40'], /a size with its unit/],
    [['--iso', join(work, 'absent.iso'), '--disk', '4G'], /there is no file .*absent\.iso/],
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

import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t from 'tap';
import { Parser } from 'tap-parser';
import { loadScenarios } from '../cli/load.ts';
import { eventSchema } from '../domain/event.ts';
import { plan } from '../domain/plan.ts';
import { BIN, hostproof, inMountNamespace } from './hostproof.ts';

t.setTimeout(230_000);
const isRoot = process.getuid?.() === 0;
const work = await mkdtemp(join(tmpdir(), 'hostproof-test-'));
t.teardown(() => rm(work, { recursive: true, force: true }));
await writeFile(join(work, 'package.json'), '{ "type": "module" }'); // stories are ES modules
const scenarioModule = fileURLToPath(new URL('../scenario.ts', import.meta.url));

async function emptyDirectory(): Promise<string> {
  return mkdtemp(join(work, 'empty-'));
}

t.test('all stories pass on the simulated host, and the TAP of that is strict', async (t) => {
  const out = join(work, 'sim');
  const ran = await hostproof([
    'run',
    '--suite',
    'full',
    '--machine',
    'sim',
    '--out',
    out,
    '--reporter',
    'tap',
  ]);
  t.equal(ran.status, 0, ran.stderr);
  const final = await new Promise<{ ok: boolean; count: number; failures: unknown[] }>(
    (resolve) => {
      const parser = new Parser({ strict: true }, resolve);
      parser.end(ran.stdout);
    },
  );
  t.ok(final.ok, JSON.stringify(final.failures));
  const told = plan(await loadScenarios(), {
    ...{ suite: 'full', machine: 'sim', filters: [], seed: 0 },
  } as const);
  t.ok(told.length > 0);
  t.match(ran.stderr, /^\d+ more jobs need a machine/, 'nobody takes these for all');
  t.equal(final.count, told.length);
  const [id = ''] = await readdir(out);
  const lines = (await readFile(join(out, id, 'events.jsonl'), 'utf8')).trim().split('\n');
  const events = lines.map((line) => eventSchema.parse(JSON.parse(line)));
  t.same(
    events.map(({ seq }) => seq),
    events.map((_, index) => index),
    'the stream has no gaps',
  );
  t.equal(events.at(-1)?.body.type, 'run.ended');
  t.match(events[0]?.body, { type: 'run.started', jobs: [{ sources: /^[0-9a-f]{64}$/ }] });
});

t.test('of two suites the last counts: npm scripts have one already', async (t) => {
  const out = join(work, 'suites');
  const suites = ['--suite', 'smoke', '--suite', 'quick'];
  const ran = await hostproof(['run', '--machine', 'sim', '--out', out, ...suites]);
  t.equal(ran.status, 0, ran.stderr);
  const told = plan(await loadScenarios(), {
    ...{ suite: 'quick', machine: 'sim', filters: [], seed: 0 },
  } as const);
  t.equal(/^1\.\.(\d+)$/m.exec(ran.stdout)?.[1], told.length.toString());
});

t.test('the stories of the benchmark can be told', async (t) => {
  const stories = fileURLToPath(new URL('../../bench/stories', import.meta.url));
  const out = join(work, 'bench');
  const ran = await hostproof(['run', '--scenarios', stories, '--machine', 'sim', '--out', out]);
  t.equal(ran.status, 0, ran.stderr);
});

t.test('two runs at once get a directory each', async (t) => {
  const out = join(work, 'two');
  const args = ['run', 'by-command', '--machine', 'sim', '--out', out];
  const both = await Promise.all([hostproof(args), hostproof(args)]);
  t.same(
    both.map(({ status }) => status),
    [0, 0],
  );
  t.equal((await readdir(out)).length, 2);
});

t.test('unknown names are answered with the nearest known one, and exit 2', async (t) => {
  for (const [args, answer] of [
    [
      ['run', '--suite', 'smoek', '--machine', 'sim'],
      /unknown suite "smoek": did you mean "smoke"/,
    ],
    [['run', 'rollback/by-comand', '--machine', 'sim'], /did you mean "rollback\/by-command"/],
    // as people remember it
    [['run', 'by-comand', '--machine', 'sim'], /"rollback\/by-command"\? \(\d+ are known\)/],
    [['run', '', '--machine', 'sim'], /an empty name fits every story/],
    [['run', '--scenarios', join(work, 'absent')], /--scenarios \S+absent: ENOENT/],
    [['run', '--scenarios', await emptyDirectory()], /there are no stories in it/],
    // the others of it would pass, and nobody would miss it
    [['run', 'installs', 'by-comand@thin', '--machine', 'sim'], /unknown story "by-comand@thin"/],
    [
      ['run', 'by-command@ostree', '--machine', 'sim'],
      /no story that "by-command@ostree" names fits these options/,
    ],
    // it is known, and in another suite
    [
      ['run', 'installs', 'people/', '--suite', 'quick', '--machine', 'sim'],
      /no story that "people\/" names fits these options/,
    ],
    [
      ['run', '--machine', 'sim', '--reporter', 'tapp'],
      /unknown reporter "tapp": did you mean "tap"/,
    ],
    [['run', '--machine', 'sim', '--layout', 'thinn'], /did you mean "thin"/],
    [
      ['run', '--machine', 'sim', '--layout', 'thin', '--layout', 'ostree'],
      /"thin" is given, too, and only one can be/,
    ],
    [
      ['image', 'build', '9.9', '--layout', 'thin', '--layout', 'ostree'],
      /"thin" is given, too, and only one can be/,
    ],
    [['rnu'], /did you mean "run"/],
    [['run', '--sutie', 'smoke'], /did you mean "--suite"/],
    [['run', '--jobs', 'many', '--machine', 'sim'], /whole number/],
    [['run', '--disks', 'served', '--machine', 'sim'], /no disks that could be served/],
    [['run', '--defect', 'rollback-lies', '--machine', 'sim'], /carry no defects/],
    [
      [
        ...['run', 'rollback/by-command@thin-uefi+rollback-lies', '--machine', 'sim'],
        ...['--defect', 'rollback-lies'],
      ],
      /carry no defects/,
    ],
    [
      ['run', '--machine', 'sim', '--reporter', 'tap', '--reporter', 'jsonl'],
      /cannot both write to standard output/,
    ],
  ] as const) {
    const ran = await hostproof(args);
    t.equal(ran.status, 2, args.join(' '));
    t.match(ran.stderr, answer);
  }
});

t.test(
  'a bad scenario file is named, and exits 2; a story that goes wrong exits 4 with its line',
  async (t) => {
    const data =
      "{ title: 'A story that is wrong', layouts: ['thin', 'ostree'], firmware: ['uefi'], suite: 'smoke' }";
    const write = async (name: string, text: string): Promise<string> => {
      const directory = join(work, name);
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'story.ts'), text.replace('SCENARIO', scenarioModule));
      return directory;
    };
    const story = (body: string): string =>
      `import { scenario } from 'SCENARIO';\nexport default scenario(${data}, async ({ host, image, expect }) => {\n${body}\n});\n`;
    for (const [name, text, status, message] of [
      ['syntax', 'export default scenario({', 2, /syntax\/story\.ts/],
      [
        'no-story',
        'export default { title: "x" };',
        2,
        /no-story\/story\.ts: its default export is not a scenario/,
      ],
      ['bad-data', story('').replace('uefi', 'bios'), 2, /bad-data\/story\.ts: .*firmware/s],
      [
        'short-title',
        story('').replace('A story that is wrong', 'Short'),
        2,
        /story\.ts: title: Too/,
      ],
      ['throws', story('throw new Error("oh no");'), 4, /oh no \(scenarios\/story\.ts:3\)/],
      ['misuse', story('await host.boot();'), 4, /boot needs a host that is off, and it is none/],
      [
        'no-await',
        story("await host.install(image('1.0')); void host.boot(); await host.boot();"),
        4,
        /a missing await/,
      ],
      ['no-image', story("await host.install(image('9.9'));"), 4, /there is no image \\?"9\.9/],
      [
        'expects',
        story("await host.install(image('1.0')); await host.boot(); expect.layer('2.0');"),
        1,
        /expect\.layer: the running version is 1\.0, expected was 2\.0/,
      ],
    ] as const) {
      const directory = await write(name, text);
      const ran = await hostproof([
        'run',
        '--machine',
        'sim',
        '--scenarios',
        directory,
        '--out',
        join(work, 'out'),
      ]);
      t.equal(ran.status, status, `${name}: ${ran.stderr}`);
      t.match(ran.stdout + ran.stderr, message, name);
    }
  },
);

t.test('no packages: exit 3, and what to install', async (t) => {
  const checkout = join(work, 'checkout');
  const bin = join(checkout, 'harness/cli/hostproof.mjs');
  await mkdir(dirname(bin), { recursive: true });
  await copyFile(BIN, bin);
  const ran = await execa(process.execPath, [bin, 'doctor'], { reject: false });
  t.equal(ran.exitCode, 3);
  t.match(ran.stderr, /^hostproof: Cannot find package 'zod'\n.*npm ci/);
});

t.test('no QEMU: exit 3, and what to install', async (t) => {
  const path = join(work, 'path');
  await mkdir(path, { recursive: true });
  await symlink(process.execPath, join(path, 'node'));
  const env = { PATH: path, XDG_CACHE_HOME: join(work, 'cache') };
  const run = await hostproof(['run', 'by-command', '--out', join(work, 'out')], { env });
  t.equal(run.status, 3, run.stdout);
  t.match(run.stderr, /qemu-system/);
  t.match(run.stderr, /install/);
  t.equal((await hostproof(['doctor'], { env })).status, 3);
});

t.test('no firmware: exit 3, and what to install', { skip: !isRoot && 'needs root' }, async (t) => {
  const inside = inMountNamespace(
    'for d in /usr/share/OVMF /usr/share/qemu/firmware; do [ ! -d $d ] || mount -t tmpfs tmpfs $d; done',
  );
  const ran = await hostproof(['run', 'by-command', '--out', join(work, 'out')], { inside });
  t.equal(ran.status, 3, ran.stdout);
  t.match(ran.stderr, /firmware/i);
  t.match(ran.stderr, /ovmf/i);
});

t.test(
  'a full disk under the run directory: exit 3, not a defect of the host',
  { skip: !isRoot && 'needs root' },
  async (t) => {
    const small = join(work, 'small');
    await mkdir(small);
    const inside = inMountNamespace(`mount -t tmpfs -o size=64k tmpfs ${small}`);
    const ran = await hostproof(['run', '--suite', 'smoke', '--machine', 'sim', '--out', small], {
      inside,
    });
    t.equal(ran.status, 3, ran.stdout + ran.stderr);
    t.match(ran.stderr, /No space left|ENOSPC/);
  },
);

t.test('every command has help with examples', async (t) => {
  const commands = (await readdir(new URL('../cli/commands', import.meta.url))).map((file) =>
    file.replace('.ts', ''),
  );
  t.ok(commands.includes('run'));
  for (const command of commands) {
    const ran = await hostproof([command, '--help']);
    t.equal(ran.status, 0, command);
    t.match(ran.stdout, /Examples:\n {2}hostproof/, command);
  }
});

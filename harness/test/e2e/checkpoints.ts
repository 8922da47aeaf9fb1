/** Entering the machine of a run that failed, on a real guest. Minutes. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { eventSchema, type EventBody } from '../../domain/event.ts';
import { hostproof } from '../hostproof.ts';

const STORIES = fileURLToPath(new URL('stories', import.meta.url));
const LIMIT_MS = 1_200_000;
t.setTimeout(2 * LIMIT_MS);
const work = await mkdtemp(join(tmpdir(), 'hostproof-checkpoints-'));
t.teardown(() => rm(work, { recursive: true, force: true }));

interface Run {
  readonly directory: string;
  readonly status: number | undefined;
  readonly stdout: string;
  readonly events: readonly EventBody[];
}

async function run(name: string, ...options: string[]): Promise<Run> {
  const out = join(work, name);
  const args = ['run', '--scenarios', STORIES, '--out', out, ...options];
  const { status, stdout } = await hostproof(args, { limitMs: LIMIT_MS });
  const [id = ''] = await readdir(out);
  const directory = join(out, id);
  const lines = (await readFile(join(directory, 'events.jsonl'), 'utf8')).trim().split('\n');
  const events = lines.map((line) => eventSchema.parse(JSON.parse(line)).body);
  return { directory, status, stdout, events };
}

const shell = async (directory: string, ...args: string[]): Promise<string> => {
  const ran = await hostproof(['shell', directory, ...args], { limitMs: LIMIT_MS });
  t.equal(ran.status, 0, ran.stderr);
  return ran.stdout;
};
const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id';
const FILES = 'cat /run/nonce /etc/one /etc/two /etc/three';
const CONTENT = 'only in memory\nfirst\nsecond\nthird';

const failed = await run('with');

t.test('a failed job says how to get in, and that leads to where it failed', async (t) => {
  t.equal(failed.status, 1);
  const end = failed.events.find((event) => event.type === 'job.ended');
  t.match(end?.enter, /^npx hostproof shell \S+ --job \S+ --at 7$/);
  t.match(failed.stdout, `enter: "${end?.enter ?? ''}"`);
  t.equal(await shell(failed.directory, '--', FILES), CONTENT, 'at the end, unless told otherwise');
  // as it is printed: from the directory that the run was begun in
  const [, , , directory = '', ...args] = end?.enter?.split(' ') ?? [];
  const entered = await shell(directory, ...args, '--', `${FILES}; ${BOOT_ID}`);
  const views = failed.events.flatMap((event) =>
    event.type === 'step.ended' && event.view !== null ? [event.view] : [],
  );
  t.equal(entered, `${CONTENT}\n${views.at(-1)?.bootId ?? ''}`, 'it was not started anew');
});

t.test(
  'it can be entered after a step before, and nothing that is done there is kept',
  async (t) => {
    const change = 'echo changed >/etc/one';
    const first = await shell(
      failed.directory,
      '--at',
      '6',
      '--',
      `${FILES}; ${change}; ${BOOT_ID}`,
    );
    t.match(first, new RegExp(`^${CONTENT}\n[0-9a-f-]{36}$`));
    const second = await shell(failed.directory, '--at', '6', '--', `${FILES}; ${BOOT_ID}`);
    t.equal(second, first, 'made once, and gone on from then');
  },
);

t.test('its screen, and its console', async (t) => {
  const screen = join(work, 'screen.png');
  await shell(failed.directory, '--screenshot', screen);
  t.equal((await readFile(screen)).subarray(1, 4).toString(), 'PNG');
  const args = ['shell', failed.directory, '--console'];
  const attached = await hostproof(args, { limitMs: LIMIT_MS, input: '\x1d' });
  t.equal(attached.status, 0, attached.stderr);
});

t.test('what is not there is told', async (t) => {
  for (const [args, message] of [
    [[work], /no directory of a run/],
    [[failed.directory, '--at', '8'], /has taken the steps 1 to 7/],
    [[failed.directory, '--at', '1'], /after step 1 the host was off/],
    [[failed.directory, '--job', 'nobody'], /unknown job "nobody"/],
  ] as const) {
    const ran = await hostproof(['shell', ...args], { limitMs: LIMIT_MS });
    t.equal(ran.status, 2, ran.stderr);
    t.match(ran.stderr, message);
  }
});

t.test('without checkpoints the story comes to the same', async (t) => {
  const without = await run('without', '--no-cache');
  const found = ({ events }: Run) => events.filter(({ type }) => type === 'finding');
  const errors = ({ events }: Run) =>
    events.flatMap((event) => (event.type === 'job.ended' ? [event.verdict, event.error] : []));
  t.equal(without.status, failed.status);
  t.same(found(without), found(failed));
  t.same(errors(without), errors(failed));
  t.equal(await shell(without.directory, '--', FILES), CONTENT);
});

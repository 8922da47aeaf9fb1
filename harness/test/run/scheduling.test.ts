/** What is foreseen of stories, what of them is kept, and in which order they are told. */
import t from 'tap';
import type { Job } from '../../domain/plan.ts';
import type { StoryContext } from '../../domain/scenario.ts';
import { nextToRun } from '../../domain/schedule.ts';
import type { Verb } from '../../domain/verb.ts';
import { common, continuations, foreseen, type Course } from '../../run/checkpoints/forecast.ts';
import { isKept, willFreeze } from '../../run/checkpoints/policy.ts';
import { rehearse } from '../../run/checkpoints/rehearsal.ts';
import { run, type PlannedJob } from '../../run/runner.ts';
import { scenario } from '../../scenario.ts';
import { fakeClock } from '../fake-clock.ts';

const course = (...acts: string[]): Course => ({
  beginning: 'thin',
  acts: acts.map((text) => ({ verb: 'write', text })),
});

t.test('stories have in common what they begin with, and part after that', (t) => {
  const [one, other] = [course('install', 'boot', 'upgrade'), course('install', 'boot', 'fill')];
  t.equal(common(one, other), 2);
  t.equal(common(one, one), 3);
  t.equal(common(one, { ...other, beginning: 'ostree' }), 0);
  t.equal(common(one, course()), 0);
  t.same(continuations(one, [one, other]), [1, 2, 1]);
  t.same(continuations(one, [one, course('install', 'boot')]), [1, 2, 1], 'one that ends');
  t.end();
});

t.test('memory is kept where stories part; a machine that is off always', (t) => {
  t.equal(isKept('off', 0), true);
  t.equal(isKept('running', 1), false);
  t.equal(isKept('running', 2), true);
  t.equal(isKept('hung', 2), false);
  t.equal(isKept('none', 2), false);
  t.end();
});

t.test('a machine has its memory in a file if it will be kept before its next start', (t) => {
  const verbs: Verb[] = ['install', 'boot', 'write', 'upgrade', 'reboot', 'write'];
  const parts = [1, 1, 2, 1, 1, 0];
  t.same(
    verbs.map((_, index) => willFreeze(verbs, parts, index)),
    [false, true, true, false, false, false],
  );
  t.same(willFreeze(verbs, [1, 1, 1, 1, 1, 2], 1), false, 'that is another start');
  t.end();
});

t.test('a rehearsal foresees what a story does, as far as it does not look', async (t) => {
  const rehearsed = async (
    story: (context: StoryContext) => Promise<void>,
    defect?: string,
    patience?: Promise<void>,
  ) => {
    const data = { title: 'A story for a test', layouts: ['thin', 'ostree'], firmware: ['uefi'] };
    const { acts } = await rehearse(
      {
        ...{
          layout: 'thin',
          firmware: 'uefi',
          storage: 'ext4-boot',
          memoryMiB: 1024,
          seed: 0,
          defect,
        },
        run: scenario({ ...data, suite: 'full' } as never, story),
      },
      patience,
    );
    return acts;
  };
  const told = await rehearsed(async ({ host, image, expect }) => {
    await host.install(image('1.0'));
    await host.boot();
    expect.layer('9.9');
    await expect.file('/etc/motd', 'x');
    const before = await host.view();
    await host.reboot();
    expect.spaceAsIn(before);
    if (before.layers.length > 1) await host.rollback();
  });
  t.same(told, [
    foreseen('install', { image: { image: '1.0' } }),
    foreseen('boot', {}),
    foreseen('reboot', {}),
  ]);
  const endless = await rehearsed(async ({ host }) => {
    for (;;) await host.settle();
  });
  t.ok(endless.length <= 1001);
  const idle = await rehearsed(
    async ({ host, image }) => {
      await host.install(image('1.0'));
      await new Promise(() => undefined);
    },
    undefined,
    Promise.resolve(),
  );
  t.equal(idle.length, 1, 'so is one that waits for something of its own');
  const waits = await rehearsed(async ({ host, image }) => {
    await host.install(image('1.0'));
    while ((await host.read('/run/done')) !== 'yes') continue;
  });
  const upgraded = ['1.1', '1.2'].map((name) => foreseen('upgrade', { image: { image: name } }));
  const upgrades = (defect?: string) =>
    rehearsed(async ({ host, image }) => {
      await host.upgrade(image('1.1'));
      await host.upgrade(image('1.2'));
    }, defect);
  t.same(await upgrades(), upgraded);
  const [one, other] = [await upgrades('lies'), await upgrades('loses')];
  t.same(await upgrades('lies'), one);
  t.notSame(one, other, 'an update with a defect is another update');
  t.notSame(one, upgraded);
  t.equal(waits.length, 1, 'a story that waits for what does not come is foreseen up to there');
});

t.test('the longest goes first, and none that would do what another is doing', (t) => {
  const waiting = [{ length: 1 }, { length: 3 }, { length: 2 }];
  t.equal(nextToRun(waiting, [], () => 0)?.length, 3);
  const alike = (one: { length: number }): number => (one.length === 3 ? 2 : 0);
  t.equal(nextToRun(waiting, [{ done: 1 }], alike)?.length, 2);
  t.equal(nextToRun(waiting, [{ done: 2 }], alike)?.length, 3);
  t.equal(
    nextToRun(waiting, [{ done: 1 }], () => 2),
    null,
  );
  t.end();
});

/** Runs jobs that are nothing but their acts; in which order what began and ended. */
async function order(jobs: Record<string, string[]>, isShared: boolean): Promise<string[]> {
  const said: string[] = [];
  const planned = Object.entries(jobs).map(([id, acts]): PlannedJob => ({
    ...{ job: { id } as Job, course: course(...acts), length: acts.length },
  }));
  await run({
    ...{ header: {} as never, clock: fakeClock(), jobs: planned, concurrency: 2, isShared },
    onEvent: () => undefined,
    signal: new AbortController().signal,
    runJob: async ({ id }, emit) => {
      for (const [index, act] of (jobs[id] ?? []).entries()) {
        said.push(`${id} ${act}`);
        const step = { job: id, step: index + 1 };
        emit({ type: 'step.started', ...step, verb: 'write', args: null, limitMs: 0 });
        await new Promise((resolve) => setImmediate(resolve));
        const ended = { durationMs: 0, result: null, view: null, error: null };
        emit({ type: 'step.ended', ...step, ...ended });
      }
      return 'passed';
    },
  });
  return said;
}

t.test('a beginning is made once, and what follows is told side by side', async (t) => {
  const jobs = { a: ['install', 'boot', 'upgrade'], b: ['install', 'boot', 'fill', 'reboot'] };
  const said = await order(jobs, true);
  t.same(said.slice(0, 2), ['b install', 'b boot'], 'the longer one leads');
  t.same(said.slice(2, 4).sort(), ['a install', 'b fill']);
  const apart = await order(jobs, false);
  t.same(apart.slice(0, 2), ['b install', 'a install']);
});

t.test('a job that fails lets those go that waited for it', async (t) => {
  const verdict = await run({
    ...{ header: {} as never, clock: fakeClock(), concurrency: 2, isShared: true },
    jobs: ['a', 'b'].map((id) => ({
      ...{ job: { id } as Job, course: course('install', 'boot'), length: 1 },
    })),
    onEvent: () => undefined,
    signal: new AbortController().signal,
    runJob: ({ id }) => Promise.resolve(id === 'a' ? 'failed' : 'passed'),
  });
  t.equal(verdict, 'failed');
});

t.test('a job that cannot be told ends the run, when what runs beside it is over', async (t) => {
  const order: string[] = [];
  const told = run({
    ...{ header: {} as never, clock: fakeClock(), concurrency: 2, isShared: false },
    jobs: ['a', 'b'].map((id) => ({
      ...{ job: { id } as Job, course: course('install'), length: 1 },
    })),
    onEvent: () => undefined,
    signal: new AbortController().signal,
    runJob: async ({ id }, _emit, signal) => {
      if (id === 'a') throw new Error('the record cannot be written');
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      await new Promise(setImmediate);
      order.push('the host of b is gone');
      return 'interrupted';
    },
  });
  await t.rejects(told, { message: /the record cannot be written/ });
  t.same(order, ['the host of b is gone']);
});

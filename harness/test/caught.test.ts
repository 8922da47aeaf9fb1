/** What is read from the record of a run with planted defects. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { allInAll, caught, stillTrue } from '../cli/caught.ts';
import { withSources } from '../cli/identity.ts';
import { EVENT_VERSION, type Event, type EventBody, type JobInfo } from '../domain/event.ts';
import type { Verdict } from '../domain/verdict.ts';
import { hostproof } from './hostproof.ts';

const event = (atMs: number, body: EventBody): Event => ({ v: EVENT_VERSION, seq: 1, atMs, body });
const job = (id: string, defect?: string): JobInfo => ({
  ...{ id, scenario: 'story', title: 'A story of this test', layout: 'thin', firmware: 'uefi' },
  ...{ storage: 'ext4-boot', machine: 'qemu', seed: 0, memoryMiB: 1024 },
  ...(defect !== undefined && { defect }),
});
const ended = (id: string, verdict: Verdict): Event =>
  event(60_000, {
    ...{ type: 'job.ended', job: id, verdict, durationMs: 1, error: null },
    ...{ evidence: [], reproduce: '' },
  });
const finding = (atMs: number, step: number, invariant: string): Event =>
  event(atMs, { type: 'finding', job: 'story+lies', step, invariant, message: '' });

function events(
  sound: Verdict,
  sources: Readonly<Record<string, string>> = { story: 'a', 'story+lies': 'b' },
): Event[] {
  const jobs = [job('story'), job('story+lies', 'lies')];
  return [
    event(0, {
      ...{ type: 'run.started', id: '', startedAt: '', version: '', seed: 0, command: [] },
      ...{ platform: null, jobs: jobs.map((job) => ({ ...job, sources: sources[job.id] })) },
    }),
    event(2_000, { type: 'job.started', job: 'story+lies', dir: 'jobs' }),
    finding(10_000, 4, 'no-orphans'),
    event(20_000, {
      ...{ type: 'step.started', job: 'story+lies', step: 5, verb: 'reboot', args: {} },
      limitMs: 1,
    }),
    finding(33_400, 5, 'entries-resolve'),
    finding(50_000, 6, 'entries-resolve'),
    ended('story', sound),
    ended('story+lies', 'failed'),
  ];
}

t.test('a defect is caught by its own invariant, in a story that passes without it', (t) => {
  const lies = {
    name: 'lies',
    layout: 'thin',
    story: 'story',
    invariant: 'entries-resolve',
  } as const;
  const found = ['no-orphans', 'entries-resolve'];
  const at = { step: 5, verb: 'reboot', seconds: 31 };
  const of = (sound: Verdict, change = {}): unknown => {
    const [{ defect: _, ...first } = {}] = caught(events(sound), [{ ...lies, ...change }]);
    return first;
  };
  t.same(of('passed'), { found, at, sound: 'passed', verdict: 'passed' });
  t.same(of('failed'), { found, at, sound: 'failed', verdict: 'failed' });
  const refused = { code: 'host/expectation', blame: 'host', message: '', hint: '' } as const;
  const unexpected = event(40_000, {
    ...{ type: 'step.ended', job: 'story+lies', step: 7, durationMs: 1, result: null, view: null },
    error: { ...refused, invariant: 'expect.upgrade' },
  });
  const ends = { ...lies, invariant: 'expect.upgrade' };
  const [act] = caught([...events('passed'), unexpected], [ends]);
  t.match(act, { at: { step: 7, seconds: 38 }, verdict: 'passed' }, 'an act that ended otherwise');
  const other = { invariant: 'claims-agree' };
  t.same(of('passed', other), { found, at: null, sound: 'passed', verdict: 'failed' });
  const untold = { found: [], at: null, sound: 'passed', verdict: 'failed' };
  t.same(of('passed', { name: 'another' }), untold);
  t.same(of('passed', { layout: 'ostree' }), { ...untold, sound: null });
  t.end();
});

t.test('what was not told to its end is not decided', (t) => {
  const lies = { name: 'lies', layout: 'thin', story: 'story', invariant: 'claims-agree' } as const;
  const verdicts = (of: readonly Event[]): unknown[] =>
    caught(of, [lies]).map(({ verdict }) => verdict);
  const all = events('passed');
  t.same(verdicts(all), ['failed'], 'both were');
  t.same(verdicts(all.slice(0, -1)), ['interrupted'], 'the one with it was not begun');
  t.same(verdicts([...all.slice(0, -1), ended('story+lies', 'interrupted')]), ['interrupted']);
  t.same(verdicts(events('interrupted')), ['interrupted'], 'the one without it was not');
  t.end();
});

t.test('what was found before a run was interrupted was found', (t) => {
  const hunts = [{ verdict: 'passed' }, { verdict: 'failed' }, { verdict: 'passed' }] as const;
  t.same(allInAll(hunts, false), { text: '2 found, 1 not', verdict: 'failed' });
  t.same(allInAll(hunts, true), { text: '2 found, 1 not', verdict: 'interrupted' });
  const open = [...hunts, { verdict: 'interrupted' }] as const;
  t.match(allInAll(open, true), { text: '2 found, 1 not, 1 not told to the end' });
  t.same(allInAll(hunts.slice(0, 1), false), { text: '1 found, 0 not', verdict: 'passed' });
  t.end();
});

t.test('what an earlier run came to need not come about again, if nothing has changed', (t) => {
  const lies = { name: 'lies' as string, layout: 'thin', story: 'story' } as const;
  const defect = { ...lies, invariant: 'entries-resolve' };
  const sources = { story: 'a', 'story+lies': 'b' };
  const of = (events: readonly Event[], wanted: typeof defect, now = {}) =>
    stillTrue(events, [wanted], new Map(Object.entries({ ...sources, ...now })));
  const jobs = (...args: Parameters<typeof of>): string[] => [...of(...args).jobs];
  const all = events('passed');
  t.same(jobs(all, defect), ['story', 'story+lies']);
  t.same(of(all, defect).events, all);
  t.same(jobs(all, { ...defect, invariant: 'claims-agree' }), ['story'], 'not found');
  t.same(jobs(all, { ...defect, name: 'another' }), ['story'], 'not looked for');
  t.same(jobs(events('failed'), defect), ['story+lies'], 'the story fails without it');
  t.same(jobs(events('interrupted'), defect), ['story+lies'], 'it was not told to its end');
  t.same(jobs(all.slice(0, -1), defect), ['story', 'story+lies'], 'found, and then interrupted');
  t.same(jobs(all, defect, { story: 'c' }), ['story+lies'], 'the story is another one now');
  t.same(jobs(all, defect, { 'story+lies': 'c' }), ['story'], 'the defect is another one now');
  t.same(jobs(events('passed', {}), defect), [], 'nobody knows by what');
  const simulated = JSON.parse(JSON.stringify(all).replaceAll('"qemu"', '"sim"')) as Event[];
  t.same(jobs(simulated, defect), [], 'on a simulated host');
  t.same(jobs([], defect), []);

  const [first, second] = [events('interrupted'), [...all.slice(0, 1), ended('story', 'passed')]];
  const joined = [...of(first, defect).events, ...second];
  t.match(caught(joined, [defect]), [{ at: { step: 5, seconds: 31 }, verdict: 'passed' }]);
  t.end();
});

t.test('what can change how a job ends: its story, and what is planted', async (t) => {
  const [story, other, planted, again] = await withSources([
    { ...job('a'), scenario: 'upgrade/power-cut-half-way' },
    { ...job('b'), scenario: 'upgrade/older-image-is-refused' },
    { ...job('c', 'rollback-lies'), scenario: 'upgrade/power-cut-half-way' },
    { ...job('d'), scenario: 'upgrade/power-cut-half-way', sources: 'of a record' },
  ]);
  t.match(story?.sources, /^[0-9a-f]{64}$/);
  t.equal(again?.sources, story?.sources);
  t.not(other?.sources, story?.sources);
  t.not(planted?.sources, story?.sources);
});

t.test('what stories share can change how each of them ends', async (t) => {
  const disk = { 'is-full.ts': 'a story', '_room.ts': 'how it ends' };
  const scenarios = t.testdir({ disk, '_host.ts': 'how it begins' });
  const jobs = [{ ...job('a'), scenario: 'disk/is-full' }];
  const seen = new Set<unknown>();
  for (const changed of ['_host.ts', 'disk/_room.ts']) {
    const [told] = await withSources(jobs, scenarios);
    seen.add(told?.sources);
    await writeFile(join(scenarios, changed), 'in another way');
  }
  const [last] = await withSources(jobs, scenarios);
  t.equal(seen.add(last?.sources).size, 3);
});

t.test('a run that has found all that is looked for is enough', async (t) => {
  const scenario = 'upgrade/keeps-what-the-administrator-changed';
  const jobs = await withSources([
    { ...job('story'), scenario },
    { ...job('story+lies', 'etc-overwritten'), scenario },
  ]);
  const record = [
    event(0, {
      ...{ type: 'run.started', id: '', startedAt: '', version: '', seed: 0, command: [] },
      ...{ platform: null, jobs },
    }),
    finding(7_000, 9, 'administrator-files-kept'),
    ended('story', 'passed'),
    ended('story+lies', 'failed'),
  ];
  const run = t.testdir({ 'events.jsonl': record.map((one) => JSON.stringify(one)).join('\n') });
  const out = join(run, 'runs');
  const ran = await hostproof(['defects', 'etc-overwritten', '--resume', run, '--out', out]);
  t.equal(ran.status, 0, ran.stderr);
  t.match(ran.stdout, /^etc-overwritten .* administrator-files-kept +9 +7 .* found$/m);
  t.match(ran.stdout, /^1 found, 0 not$/m);
  t.equal(ran.stderr, `${run}: 2 of 2 jobs need not be told again`);
  t.notOk(existsSync(out), 'nothing is run');
  const none = await hostproof(['defects', 'etc-overwritten', '--resume', out, '--out', out]);
  t.equal(none.status, 2);
  t.match(none.stderr, /runs is no directory of a run/);
});

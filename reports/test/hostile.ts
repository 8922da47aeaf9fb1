/** A run with one job of every verdict, whose guests say everything that could hurt a report. */
import { EVENT_VERSION, eventSchema } from '../../harness/domain/event.ts';
import type { Event, EventBody, JobInfo } from '../../harness/domain/event.ts';

const INJECTIONS = [
  '\u001b[2J\u001b[31mred\u001b[0m\u001b]0;title\u0007 and \u009b31m',
  'first\nok 1 - injected\nnot ok 2 - injected\n1..9\nBail out! injected\n  ...\n---',
  'pass # SKIP everything # TODO later \\# {',
  ']]> <script>alert("1")</script> &amp; <!-- -->',
  'NUL \u0000 bell \u0007 carriage\rreturn \u2028 separator \u202e turned \ufeff \ud800 lone',
  '  ...\n# Subtest: injected\n    not ok 1\n}',
  'x'.repeat(100_000),
] as const;

const HOSTILE = INJECTIONS.join('\n');

function job(name: string, title = name): JobInfo {
  const variant = { layout: 'thin', firmware: 'uefi', storage: 'ext4-boot' } as const;
  const rest = { machine: 'qemu', seed: 7, memoryMiB: 1024 } as const;
  return { id: `smoke/${name}@thin-uefi`, scenario: `smoke/${name}`, title, ...variant, ...rest };
}

const jobs = {
  good: job('install', 'A host installs and boots'),
  bad: job('upgrade', `An upgrade ${INJECTIONS[2]}`),
  unfit: job('no-space', 'No space'),
  story: job('story', 'A story that is wrong'),
  harness: job('harness', 'hostproof is wrong'),
  cut: job('cut', 'A job that the run did not finish'),
  never: job('never', 'A job that the run never began'),
};

const evidence = (name: string) => ['events.jsonl', `jobs/${name}/console.log`];
const reproduce = (info: JobInfo) => `npx hostproof run '${info.scenario}' --layout thin --seed 7`;

const ended = { result: null, view: null, error: null };

const bodies: readonly (readonly [number, EventBody])[] = [
  [
    0,
    {
      type: 'run.started',
      id: '20260102-030405-abcd',
      startedAt: '2026-01-02T03:04:05.000Z',
      version: '0.1.0',
      seed: 7,
      command: ['run', '--suite', 'smoke'],
      platform: { qemu: '7.2.0', accelerator: 'tcg (kvm: a guest does not run)', cpu: 'Nehalem' },
      jobs: Object.values(jobs),
    },
  ],
  [5, { type: 'run.note', text: `note ${HOSTILE}` }],
  [10, { type: 'job.started', job: jobs.good.id, dir: 'jobs/install' }],
  [11, step(jobs.good, 1, 'install', { image: { image: '1.0' } })],
  [12, { type: 'job.started', job: jobs.bad.id, dir: 'jobs/upgrade' }],
  [13, step(jobs.bad, 1, 'write', { path: '/etc/motd', content: HOSTILE })],
  [400, { type: 'step.progress', job: jobs.good.id, step: 1, text: `[3/9] ${HOSTILE}` }],
  [
    500,
    {
      type: 'step.ended',
      job: jobs.bad.id,
      ...{ step: 1, durationMs: 487, cached: true, ...ended },
    },
  ],
  [
    510,
    step(jobs.bad, 2, 'upgrade', {
      image: { image: '1.1' },
      fault: { fault: 'power-cut', when: { at: 'fraction', of: 'upgrade', fraction: 0.5 } },
    }),
  ],
  [9000, { type: 'symptom', job: jobs.bad.id, step: 2, id: 'kernel-panic', line: HOSTILE }],
  [
    60_000,
    {
      type: 'step.ended',
      job: jobs.bad.id,
      step: 2,
      durationMs: 59_490,
      ...ended,
      error: error('host/invariant', 'host', { invariant: 'fstab-names-itself', cause: HOSTILE }),
    },
  ],
  [
    60_001,
    {
      type: 'finding',
      job: jobs.bad.id,
      step: 2,
      invariant: 'fstab-names-itself',
      message: `the layer reference-node-1.1-1+1 names ${HOSTILE}`,
    },
  ],
  [60_002, end(jobs.bad, 'failed', 59_990, error('host/invariant', 'host'))],
  [70_000, { type: 'step.ended', job: jobs.good.id, step: 1, durationMs: 69_989, ...ended }],
  [70_001, end(jobs.good, 'passed', 69_991, null)],
  [70_002, { type: 'job.started', job: jobs.unfit.id, dir: 'jobs/no-space' }],
  [70_003, end(jobs.unfit, 'unfit', 1, error('env/disk-full', 'environment'))],
  [70_004, { type: 'job.started', job: jobs.story.id, dir: 'jobs/story' }],
  [70_005, end(jobs.story, 'story-error', 1, error('story/misuse', 'story'))],
  [70_006, { type: 'job.started', job: jobs.harness.id, dir: 'jobs/harness' }],
  [70_007, end(jobs.harness, 'harness-error', 1, error('harness/internal', 'harness'))],
  [70_008, { type: 'job.started', job: jobs.cut.id, dir: 'jobs/cut' }],
  [70_009, step(jobs.cut, 1, 'boot', {})],
  [3_700_000, { type: 'run.ended', verdict: 'interrupted', durationMs: 3_700_000 }],
];

function step(info: JobInfo, number: number, verb: string, args: object): EventBody {
  const plain = JSON.parse(JSON.stringify(args)) as Record<string, never>;
  return { type: 'step.started', job: info.id, step: number, verb, args: plain, limitMs: 600_000 };
}

type JobEnded = Extract<EventBody, { type: 'job.ended' }>;
type ErrorRecord = NonNullable<JobEnded['error']>;

function error(
  code: ErrorRecord['code'],
  blame: ErrorRecord['blame'],
  more: Partial<ErrorRecord> = {},
): ErrorRecord {
  return { code, blame, message: `it went wrong: ${HOSTILE}`, hint: `look at ${HOSTILE}`, ...more };
}

function end(
  info: JobInfo,
  verdict: JobEnded['verdict'],
  durationMs: number,
  cause: ErrorRecord | null,
): JobEnded {
  const files = evidence(info.scenario.replace('smoke/', ''));
  return {
    type: 'job.ended',
    job: info.id,
    verdict,
    durationMs,
    error: cause,
    evidence: files,
    reproduce: reproduce(info),
    ...(verdict === 'failed' && { enter: `npx hostproof shell RUN --job ${info.id} ${HOSTILE}` }),
  };
}

/** The stream as a reader of `events.jsonl` gets it. */
export const hostileRun: readonly Event[] = bodies.map(([atMs, body], seq) =>
  eventSchema.parse(JSON.parse(JSON.stringify({ v: EVENT_VERSION, seq, atMs, body }))),
);

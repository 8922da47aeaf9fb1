/** The end of a run for people: counts, time, and of each job that did not pass what is wrong and how to see it again. */
import {
  advance,
  BLAMED,
  count,
  emptyRun,
  evidencePath,
  findingsOf,
  verdictOfJob,
} from './common/run-state.ts';
import type { JobState, RunState } from './common/run-state.ts';
import type { Verdict } from '../harness/domain/verdict.ts';
import { painter } from './common/paint.ts';
import type { Reporter } from './reporter.ts';
import { duration, lines, oneLine } from './common/text.ts';

const ORDER: readonly Verdict[] = [
  'passed',
  'failed',
  'unfit',
  'story-error',
  'harness-error',
  'usage',
  'interrupted',
];

export interface SummaryOptions {
  readonly color: boolean;
  readonly dir?: string | undefined;
}

/** The lines of the summary, without line ends. */
export function summary(run: RunState, options: SummaryOptions): string[] {
  if (!run.started) return ['The run ended before it began.'];
  const jobs = [...run.jobs.values()];
  const bad = jobs.filter((job) => verdictOfJob(job) !== 'passed');
  const running = duration(run.ended?.durationMs ?? run.atMs);
  const seed = `seed ${String(run.started.seed)}`;
  return [
    ...bad.flatMap((job, index) => failure(job, index + 1, options)),
    `${counts(run, options)} in ${running}${cached(jobs)} (run ${oneLine(options.dir ?? run.started.id, 300)}, ${seed})`,
  ];
}

function counts(run: RunState, { color }: SummaryOptions): string {
  const paint = painter(color);
  return ORDER.map((verdict) => ({ verdict, n: count(run, verdict) }))
    .filter(({ verdict, n }) => n > 0 || verdict === 'passed' || verdict === 'failed')
    .map(({ verdict, n }) => {
      const text = `${String(n)} ${verdict}`;
      return n === 0 ? text : paint(verdict === 'passed' ? 'green' : 'red', text);
    })
    .join(', ');
}

/** How much of it was known before. */
function cached(jobs: readonly JobState[]): string {
  const steps = jobs.flatMap((job) => job.steps);
  const known = steps.filter(({ ended }) => ended?.cached === true).length;
  return known === 0 ? '' : `, ${String(known)} of ${String(steps.length)} steps cached`;
}

function failure(job: JobState, number: number, { color, dir }: SummaryOptions): string[] {
  const paint = painter(color);
  const verdict = verdictOfJob(job);
  const head = `${String(number)}) ${oneLine(job.info.title, 200)} [${oneLine(job.info.id, 200)}]`;
  const row = (label: string, text: string) => `   ${`${label}:`.padEnd(11)} ${text}`;
  const block = (label: string, text: string) =>
    lines(text, 1000)
      .slice(0, 12)
      .map((line, index) => (index === 0 ? row(label, line) : `${' '.repeat(15)}${line}`));
  const findings = findingsOf(job);
  const error = job.ended?.error;
  const repeated = findings.some((finding) => finding.message === error?.message);
  return [
    paint('red', head),
    row('verdict', `${verdict} (blame: ${BLAMED[verdict]})`),
    ...findings.flatMap((finding) => block('finding', `${finding.invariant}: ${finding.message}`)),
    ...(error && !repeated ? block('error', `${error.code}: ${error.message}`) : []),
    ...(error?.cause === undefined ? [] : block('cause', error.cause)),
    ...job.symptoms.slice(0, 5).map((symptom) => row('console', oneLine(symptom.line, 200))),
    ...(error ? [row('hint', oneLine(error.hint, 300))] : []),
    ...(job.ended?.evidence ?? []).map((path) =>
      row('evidence', oneLine(evidencePath(dir, path), 300)),
    ),
    ...(job.ended ? [row('again', oneLine(job.ended.reproduce, 600))] : []),
    ...(job.ended?.enter === undefined ? [] : [row('enter', oneLine(job.ended.enter, 600))]),
    '',
  ];
}

export default {
  name: 'summary',
  title: 'Only the end: counts, time, and each job that did not pass',
  live: false,
  create: ({ write, color, dir }) => {
    const run = emptyRun();
    return {
      onEvent: (event) => {
        advance(run, event);
      },
      end: () => {
        write(`${summary(run, { color, dir }).join('\n')}\n`);
      },
    };
  },
} satisfies Reporter;

/**
 * TAP 14: a test point per job; each job a subtest whose test points are its steps and findings.
 *
 * The plan comes first, so that a run that was killed is not taken for a short one; a job is written as a whole when
 * it ends, so that jobs that run side by side do not mix. Held against tap-parser in strict mode.
 */
import type { EventOf } from '../harness/domain/event.ts';
import { yamlBlock } from './common/tap-yaml.ts';
import {
  advance,
  BLAMED,
  emptyRun,
  evidencePath,
  findingsOf,
  titleOf,
  verdictOfJob,
} from './common/run-state.ts';
import type { ErrorRecord, Finding, JobState, RunState, StepState } from './common/run-state.ts';
import type { Reporter } from './reporter.ts';
import { summary } from './summary.ts';
import { oneLine } from './common/text.ts';

export default {
  name: 'tap',
  title: 'TAP 14 for other programs: a test point per job, its steps below it',
  live: false,
  create: ({ write, dir }) => {
    const run = emptyRun();
    const written = new Set<string>();
    const print = (lines: readonly string[]) => {
      write(lines.map((line) => `${line}\n`).join(''));
    };
    const finish = (job: JobState) => {
      written.add(job.info.id);
      print(jobLines(job, written.size, dir));
    };
    return {
      onEvent: (event) => {
        const first = event.body.type === 'run.started' && run.started === null;
        advance(run, event);
        if (first && run.started) print(head(run.started));
        if (event.body.type === 'run.note') print([comment(event.body.text)]);
        if (event.body.type === 'job.ended') {
          const job = run.jobs.get(event.body.job);
          if (job && !written.has(job.info.id)) finish(job);
        }
      },
      end: () => {
        if (!run.started)
          print(['TAP version 14', '1..1', 'not ok 1 - the run ended before it began']);
        for (const job of run.jobs.values()) if (!written.has(job.info.id)) finish(job);
        print(tail(run, dir));
      },
    };
  },
} satisfies Reporter;

function head(started: EventOf<'run.started'>): string[] {
  const platform = Object.entries(started.platform ?? { machine: 'simulated' });
  return [
    'TAP version 14',
    started.jobs.length === 0
      ? '1..0 # SKIP no job was selected'
      : `1..${String(started.jobs.length)}`,
    comment(`hostproof ${started.version}, run ${started.id}, seed ${String(started.seed)}`),
    ...platform.map(([key, value]) => comment(`${key}: ${value}`)),
  ];
}

function tail(run: RunState, dir: string | undefined): string[] {
  return summary(run, { color: false, dir }).map((line) => (line === '' ? '#' : `# ${line}`));
}

function jobLines(job: JobState, number: number, dir: string | undefined): string[] {
  const name = `${oneLine(job.info.title, 200)} [${oneLine(job.info.id, 200)}]`;
  const verdict = verdictOfJob(job);
  const passed = verdict === 'passed';
  const points = [
    ...job.steps.flatMap((step) => [stepPoint(step), ...step.findings.map(findingPoint)]),
    ...job.findings.map(findingPoint),
  ];
  const body = points.flatMap((point, index) => pointLines(point, index + 1, passed));
  const plan =
    points.length === 0 ? '1..0 # SKIP no step was begun' : `1..${String(points.length)}`;
  const diagnostics = passed ? [] : yamlBlock(jobDiagnostics(job, dir));
  return [
    `# Subtest: ${description(name)}`,
    ...[plan, ...body].map((line) => `    ${line}`),
    testPoint({ ok: passed, name, durationMs: job.ended?.durationMs ?? null }, number, false),
    ...diagnostics,
  ];
}

interface Point {
  readonly ok: boolean;
  readonly name: string;
  readonly durationMs?: number | null;
  readonly diagnostics?: Readonly<Record<string, unknown>>;
}

function stepPoint(step: StepState): Point {
  const { ended } = step;
  const name = titleOf(step);
  if (ended === null) return { ok: false, name, diagnostics: { message: 'not finished' } };
  const { error, durationMs } = ended;
  if (error === null) return { ok: true, name, durationMs };
  return { ok: false, name, durationMs, diagnostics: errorDiagnostics(error) };
}

function findingPoint({ invariant, message }: Finding): Point {
  return { ok: false, name: `invariant ${invariant}`, diagnostics: { message, invariant } };
}

function errorDiagnostics(error: ErrorRecord): Record<string, unknown> {
  const { message, invariant, code, cause, hint } = error;
  return { message, invariant, code, cause, hint };
}

function jobDiagnostics(job: JobState, dir: string | undefined): Record<string, unknown> {
  const verdict = verdictOfJob(job);
  const [finding] = findingsOf(job);
  const error = job.ended?.error;
  return {
    ...(error && errorDiagnostics(error)),
    ...(finding && { message: finding.message, invariant: finding.invariant }),
    verdict,
    blame: BLAMED[verdict],
    console: job.symptoms.slice(0, 20).map(({ id, line }) => `${id}: ${line}`),
    evidence: job.ended?.evidence.map((path) => evidencePath(dir, path)),
    reproduce: job.ended?.reproduce,
    enter: job.ended?.enter,
  };
}

/** In a story that passed nothing can have failed that was not meant to: such a point is marked as expected. */
function pointLines(point: Point, number: number, jobPassed: boolean): string[] {
  return [
    testPoint(point, number, !point.ok && jobPassed),
    ...(point.diagnostics === undefined ? [] : yamlBlock(point.diagnostics)),
  ];
}

function testPoint({ ok, name, durationMs }: Point, number: number, expected: boolean): string {
  const time = durationMs == null ? '' : ` # time=${String(Math.round(durationMs))}ms`;
  const directive = expected ? ' # TODO the story expects this' : time;
  return `${ok ? 'ok' : 'not ok'} ${String(number)} - ${description(name)}${directive}`;
}

/** TAP 14, "Escaping"; a `{` at the end would begin a buffered subtest for tap-parser. */
function description(text: string): string {
  return oneLine(text)
    .replace(/\{$/, '\\x7b')
    .replace(/[\\#]/g, (character) => `\\${character}`);
}

function comment(text: string): string {
  return `# ${oneLine(text, 400)}`;
}

/** Runs the jobs of a run, some at a time, and emits its events. */
import { asHostproofError } from '../domain/errors.ts';
import type { Event, EventBody, EventOf } from '../domain/event.ts';
import { EVENT_VERSION } from '../domain/event.ts';
import type { Job } from '../domain/plan.ts';
import { nextToRun } from '../domain/schedule.ts';
import { gravest, type Verdict } from '../domain/verdict.ts';
import { VERBS, type Verb } from '../domain/verb.ts';
import type { Clock } from '../ports/clock.ts';
import { common, type Course } from './checkpoints/forecast.ts';

export interface PlannedJob {
  readonly job: Job;
  readonly course: Course;
  /** How long it will take, against the others. */
  readonly length: number;
}

export interface RunOptions {
  readonly header: Omit<EventOf<'run.started'>, 'type' | 'jobs' | 'startedAt'>;
  readonly jobs: readonly PlannedJob[];
  readonly concurrency: number;
  /** What one job has done is not done by another: it waits until that is known. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly onEvent: (event: Event) => void;
  readonly signal: AbortSignal;
  /** `signal`: as that of the run, and when another job could not be told. */
  readonly runJob: (
    job: Job,
    emit: (body: EventBody) => void,
    signal: AbortSignal,
  ) => Promise<Verdict>;
}

/** @returns the gravest verdict of all jobs; `interrupted` if the signal came */
export async function run(options: RunOptions): Promise<Verdict> {
  const { clock, jobs, signal } = options;
  const start = clock.nowMs();
  let seq = 0;
  const emit = (body: EventBody): void => {
    options.onEvent({
      v: EVENT_VERSION,
      seq: seq++,
      atMs: Math.round(clock.nowMs() - start),
      body,
    });
  };
  emit({
    type: 'run.started',
    ...options.header,
    startedAt: clock.wallTime().toISOString(),
    jobs: jobs.map(({ job: { run: _story, ...info } }) => info),
  });
  const verdicts = await runAll(options, emit).catch((error: unknown) => {
    throw asHostproofError(error);
  });
  const verdict = gravest(signal.aborted ? ['interrupted'] : verdicts);
  emit({ type: 'run.ended', verdict, durationMs: clock.nowMs() - start });
  return verdict;
}

interface RunningJob extends PlannedJob {
  done: number;
  readonly verdict: Promise<Verdict>;
}

/** Jobs begin as room is left and as those before them have done what they have in common. */
async function runAll(
  { concurrency, isShared, jobs, runJob, signal }: RunOptions,
  emit: (body: EventBody) => void,
): Promise<Verdict[]> {
  const waiting = new Set(jobs);
  const running = new Set<RunningJob>();
  const over = new AbortController();
  const signals = AbortSignal.any([signal, over.signal]);
  const verdicts: Verdict[] = [];
  let wake = (): void => undefined;
  const begin = (planned: PlannedJob): void => {
    waiting.delete(planned);
    const verbs = new Map<number, string>();
    const watching = (body: EventBody): void => {
      emit(body);
      if (body.type === 'step.started') verbs.set(body.step, body.verb);
      if (body.type !== 'step.ended' || body.error !== null) return;
      if (VERBS[verbs.get(body.step) as Verb].kind !== 'act') return;
      one.done++;
      wake();
    };
    const one = { ...planned, done: 0, verdict: runJob(planned.job, watching, signals) };
    running.add(one);
    one.verdict
      .then((verdict) => verdicts.push(verdict))
      .finally(() => {
        running.delete(one);
        wake();
      })
      .catch(() => undefined); // seen by whoever waits for all
  };
  try {
    while ((waiting.size > 0 && !signal.aborted) || running.size > 0) {
      const changed = new Promise<void>((resolve) => (wake = resolve));
      while (running.size < concurrency && !signal.aborted) {
        const next = nextToRun([...waiting], [...running], (one, other) =>
          isShared ? common(one.course, other.course) : 0,
        );
        if (next === null) break;
        begin(next);
      }
      await Promise.race([changed, ...[...running].map(({ verdict }) => verdict)]);
    }
    return verdicts;
  } catch (error) {
    over.abort(asHostproofError(error));
    throw error;
  } finally {
    // no host outlives its run
    await Promise.allSettled([...running].map(({ verdict }) => verdict));
  }
}

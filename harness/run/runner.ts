/** Runs the jobs of a run, some at a time, and emits its events. */
import PQueue from 'p-queue';
import { asHostproofError } from '../domain/errors.ts';
import type { Event, EventBody, EventOf } from '../domain/event.ts';
import { EVENT_VERSION } from '../domain/event.ts';
import type { Job } from '../domain/plan.ts';
import { gravest, type Verdict } from '../domain/verdict.ts';
import type { Clock } from '../ports/clock.ts';

export interface RunOptions {
  readonly header: Omit<EventOf<'run.started'>, 'type' | 'jobs' | 'startedAt'>;
  readonly jobs: readonly Job[];
  readonly concurrency: number;
  readonly clock: Clock;
  readonly onEvent: (event: Event) => void;
  readonly signal: AbortSignal;
  readonly runJob: (job: Job, emit: (body: EventBody) => void) => Promise<Verdict>;
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
    jobs: jobs.map(({ run: _story, ...info }) => info),
  });

  const queue = new PQueue({ concurrency: options.concurrency });
  const verdicts = await Promise.all(
    jobs.map((job) =>
      queue.add(async () => (signal.aborted ? 'interrupted' : options.runJob(job, emit))),
    ),
  ).catch((error: unknown) => {
    throw asHostproofError(error);
  });
  const verdict = gravest(signal.aborted ? ['interrupted'] : verdicts);
  emit({ type: 'run.ended', verdict, durationMs: clock.nowMs() - start });
  return verdict;
}

/** Runs one job: a story on a host, from the first step to the verdict. */
import { asHostproofError, HostproofError, messageOf } from '../domain/errors.ts';
import type { EventBody, EventOf } from '../domain/event.ts';
import type { Job } from '../domain/plan.ts';
import { prng } from '../domain/prng.ts';
import { verdictOf, type Verdict } from '../domain/verdict.ts';
import type { Clock } from '../ports/clock.ts';
import type { Host, StepHost } from '../ports/host.ts';
import type { RememberedHost, SymptomTap } from './checkpoints/remembered-host.ts';
import { remembering, type Remembering } from './checkpoints/remembering.ts';
import { abortable } from './abortable.ts';
import { Steps, type StepsOptions } from './steps.ts';
import { expectations, storyHost } from './story-api.ts';

export interface JobOptions extends Omit<StepsOptions, 'job' | 'host'> {
  /** Directory of the job, relative to the run directory. */
  readonly dir: string;
  /** Makes the host; it is disposed when the job has ended. */
  readonly host: (emit: (body: EventBody) => void) => Promise<Host>;
  /** What earlier runs did need not be done again; null: everything is done. */
  readonly memory: Remembering | null;
  readonly imageNames: readonly string[];
  readonly reproduce: string;
  /** Called when the story has come to its end, with the milliseconds that its steps take when they are done. */
  readonly onLength: (workMs: number) => void;
  /**
   * Called with the host of a failed job, before it goes away, and the number of its last step. Resolves with how a person gets
   * at what it leaves.
   */
  readonly onFailure: (
    host: Host,
    error: HostproofError,
    step: number,
  ) => Promise<string | undefined>;
}

interface Told {
  /** The error that the story ended with; null if it came to its end. */
  readonly error: HostproofError | null;
  readonly steps: Steps;
}

export async function runJob(job: Job, options: JobOptions): Promise<Verdict> {
  const { clock, emit } = options;
  const started = clock.nowMs();
  emit({ type: 'job.started', job: job.id, dir: options.dir });
  let error: HostproofError | null = null;
  let evidence: readonly string[] = [];
  let enter: string | undefined;
  try {
    const symptoms = symptomTap(job.id, emit);
    const below = await options.host(symptoms.emit);
    try {
      const remembering = await remembered(job, below, symptoms, options);
      const told = await tell(job, remembering?.host ?? below, options);
      error = told.error;
      if (error === null) {
        options.onLength(told.steps.workMs);
        await remembering?.acquit();
      }
      if (error !== null && error.blame !== 'interrupt') {
        await below.recordFailure();
        enter = await options.onFailure(below, error, told.steps.count);
      }
    } finally {
      await below[Symbol.asyncDispose]();
      evidence = (await below.evidence()).map((file) => `${options.dir}/${file}`);
    }
  } catch (thrown) {
    error ??= asHostproofError(thrown);
  }
  const verdict = error === null ? 'passed' : verdictOf(error.blame);
  emit({
    type: 'job.ended',
    job: job.id,
    verdict,
    durationMs: clock.nowMs() - started,
    error: error?.toRecord() ?? null,
    evidence: [...evidence],
    reproduce: options.reproduce,
    ...(enter === undefined ? {} : { enter }),
  });
  return verdict;
}

/** A host that need not do what is known of it already; null: there is no memory. */
async function remembered(
  job: Job,
  below: Host,
  symptoms: SymptomTap,
  options: JobOptions,
): Promise<RememberedHost | null> {
  if (options.memory === null) return null;
  const silent = { ...options, clock: untimed(options.clock), emit: () => undefined };
  return remembering(below, options.memory, symptoms, {
    tell: async (known) => {
      const { error } = await tell(job, known, silent);
      return error === null;
    },
  });
}

/** In silence a step takes no time, or never ends: nothing runs out. */
function untimed(clock: Clock): Clock {
  const sleep: Clock['sleep'] = (_ms, signal) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  return { ...clock, sleep };
}

/** Lets symptoms through, and keeps them for the record of the step. */
function symptomTap(
  job: string,
  emit: (body: EventBody) => void,
): SymptomTap & { readonly emit: (body: EventBody) => void } {
  let seen: EventOf<'symptom'>[] = [];
  return {
    emit: (body) => {
      if (body.type === 'symptom') seen.push(body);
      emit(body);
    },
    take: () => {
      const taken = seen.map(({ id, line }) => ({ id, line }));
      seen = [];
      return taken;
    },
    tell: (symptoms) => {
      for (const symptom of symptoms) emit({ type: 'symptom', job, step: null, ...symptom });
    },
  };
}

async function tell(job: Job, host: StepHost, options: JobOptions): Promise<Told> {
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const steps = new Steps({ ...options, job: job.id, host, signal });
  const misuse = (message: string): HostproofError => new HostproofError('story/misuse', message);
  try {
    const telling = job.run.story({
      host: storyHost(steps),
      image: (name) => {
        if (!options.imageNames.includes(name)) {
          throw new HostproofError('story/argument', `there is no image ${JSON.stringify(name)}`);
        }
        return { image: name };
      },
      expect: expectations(steps, misuse),
      random: prng(job.seed),
    });
    // it may wait for something of its own, which hears of no signal
    await abortable(telling, options.signal);
    await steps.finish();
    return { error: null, steps };
  } catch (thrown) {
    const error = options.signal.aborted
      ? new HostproofError('interrupt', 'interrupted')
      : withLine(thrown, job.scenario);
    return { error, steps };
  } finally {
    // one that the story has forgotten must not go on on a host that is gone
    over.abort(new HostproofError('story/misuse', 'the story has ended'));
    await steps.idle();
  }
}

/** Names the line of the story; what is thrown and is none of ours, is the story's own error. */
function withLine(thrown: unknown, scenario: string): HostproofError {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const line = new RegExp(
    `${scenario.split('/').at(-1) ?? scenario}\\.ts(?:\\?[^:]*)?:(\\d+)`,
  ).exec(stack)?.[1];
  const where = line === undefined ? '' : ` (scenarios/${scenario}.ts:${line})`;
  if (!(thrown instanceof HostproofError)) {
    return new HostproofError('story/failed', `${messageOf(thrown)}${where}`, { cause: thrown });
  }
  return new HostproofError(thrown.code, `${thrown.message}${where}`, {
    hint: thrown.hint,
    cause: thrown.cause,
    ...(thrown.invariant === undefined ? {} : { invariant: thrown.invariant }),
  });
}

/** Runs one job: a story on a host, from the first step to the verdict. */
import { asHostproofError, HostproofError, messageOf } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import type { Job } from '../domain/plan.ts';
import { prng } from '../domain/prng.ts';
import { verdictOf, type Verdict } from '../domain/verdict.ts';
import type { Host } from '../ports/host.ts';
import { Steps, type StepsOptions } from './steps.ts';
import { expectations, storyHost } from './story-api.ts';

export interface JobOptions extends Omit<StepsOptions, 'job' | 'host'> {
  /** Directory of the job, relative to the run directory. */
  readonly dir: string;
  /** Makes the host; it is disposed when the job has ended. */
  readonly host: (emit: (body: EventBody) => void) => Promise<Host>;
  readonly imageNames: readonly string[];
  readonly reproduce: string;
  /** Called with the host of a failed job, before it goes away. */
  readonly onFailure: (host: Host, error: HostproofError) => Promise<void>;
}

export async function runJob(job: Job, options: JobOptions): Promise<Verdict> {
  const { clock, emit } = options;
  const started = clock.nowMs();
  emit({ type: 'job.started', job: job.id, dir: options.dir });
  let error: HostproofError | null = null;
  let evidence: readonly string[] = [];
  try {
    const host = await options.host(emit);
    try {
      error = await tell(job, host, options);
      if (error !== null && error.blame !== 'interrupt') {
        await host.recordFailure();
        await options.onFailure(host, error);
      }
    } finally {
      await host[Symbol.asyncDispose]();
      evidence = (await host.evidence()).map((file) => `${options.dir}/${file}`);
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
  });
  return verdict;
}

/** The error that the story ended with; null if it came to its end. */
async function tell(job: Job, host: Host, options: JobOptions): Promise<HostproofError | null> {
  const steps = new Steps({ ...options, job: job.id, host });
  const misuse = (message: string): HostproofError => new HostproofError('story/misuse', message);
  try {
    await job.run.story({
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
    await steps.finish();
    return null;
  } catch (thrown) {
    if (options.signal.aborted) return new HostproofError('interrupt', 'interrupted');
    return withLine(thrown, job.scenario);
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

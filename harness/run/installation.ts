/** `hostproof install`: an installation from somebody's own medium, as a job of two steps. */
import { asHostproofError, HostproofError } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import type { Json } from '../domain/json.ts';
import { verdictOf, type Verdict } from '../domain/verdict.ts';
import { boot, install, type PhaseOptions } from './installation-phases.ts';

export interface InstallationOptions extends PhaseOptions {
  /** Relative to the run directory, for the report. */
  readonly shownDir: string;
  readonly limitMs: { readonly install: number; readonly boot: number };
  /** Files worth keeping, relative to the run directory. */
  readonly evidence: () => Promise<readonly string[]>;
  readonly reproduce: string;
}

/** @returns `passed` when the installed host came up by itself */
export async function runInstallation(options: InstallationOptions): Promise<Verdict> {
  const { clock, emit, job } = options;
  const started = clock.nowMs();
  emit({ type: 'job.started', job, dir: options.shownDir });
  let error: HostproofError | null = null;
  try {
    await step(options, 1, 'install', (signal) => install(options, signal));
    await step(options, 2, 'boot', (signal) => boot(options, signal));
  } catch (thrown) {
    error = options.signal.aborted
      ? new HostproofError('interrupt', 'interrupted')
      : asHostproofError(thrown);
  }
  const verdict = error === null ? 'passed' : verdictOf(error.blame);
  emit({
    type: 'job.ended',
    job,
    verdict,
    durationMs: clock.nowMs() - started,
    error: error?.toRecord() ?? null,
    evidence: [...(await options.evidence())],
    reproduce: options.reproduce,
  });
  return verdict;
}

async function step(
  options: InstallationOptions,
  number: number,
  verb: 'install' | 'boot',
  body: (signal: AbortSignal) => Promise<Json>,
): Promise<void> {
  const { clock, emit, job } = options;
  const limitMs = options.limitMs[verb];
  const started = clock.nowMs();
  const args = verb === 'install' ? { medium: options.medium } : {};
  emit({ type: 'step.started', job, step: number, verb, args, limitMs });
  const ended = (result: Json | null, error: HostproofError | null): void => {
    const durationMs = clock.nowMs() - started;
    const record = error?.toRecord() ?? null;
    const event = { type: 'step.ended', job, step: number, durationMs, view: null } as const;
    emit({ ...event, result, error: record } as EventBody);
  };
  const over = new AbortController();
  const late = new AbortController();
  clock.sleep(limitMs, over.signal).then(
    () => {
      const minutes = (limitMs / 60_000).toFixed(0);
      late.abort(new HostproofError('host/timeout', `${verb}: no end within ${minutes} minutes`));
    },
    () => undefined, // it ended in time
  );
  try {
    ended(await body(AbortSignal.any([options.signal, late.signal])), null);
  } catch (thrown) {
    const error = asHostproofError(thrown);
    ended(null, error);
    throw error;
  } finally {
    over.abort();
  }
}

/** Waits for a condition; ends at once when it can never come true. */
import { HostproofError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';

export type Answer<T> =
  | { readonly is: 'yes'; readonly value: T }
  | { readonly is: 'not-yet'; readonly why: string }
  | { readonly is: 'never'; readonly why: string };

export const yes = <T>(value: T): Answer<T> => ({ is: 'yes', value });
export const notYet = (why: string): Answer<never> => ({ is: 'not-yet', why });
export const never = (why: string): Answer<never> => ({ is: 'never', why });

export interface WaitOptions {
  /** What is waited for, as in "waiting for {what}". */
  readonly what: string;
  readonly clock: Clock;
  readonly limitMs: number;
  /** Pause between two questions. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** @throws HostproofError `host/never` with the reason, `host/timeout` with the limit and the last answer */
export async function waitFor<T>(
  ask: () => Answer<T> | Promise<Answer<T>>,
  options: WaitOptions,
): Promise<T> {
  const start = options.clock.nowMs();
  for (;;) {
    options.signal.throwIfAborted();
    const answer = await ask();
    if (answer.is === 'yes') return answer.value;
    if (answer.is === 'never') {
      throw new HostproofError('host/never', `waiting for ${options.what}: ${answer.why}`);
    }
    if (options.clock.nowMs() - start >= options.limitMs) {
      const seconds = Math.round(options.limitMs / 1000);
      throw new HostproofError(
        'host/timeout',
        `waiting for ${options.what}: not within ${seconds.toString()} s; last seen: ${answer.why}`,
      );
    }
    await options.clock.sleep(options.everyMs, options.signal);
  }
}

/** A step beside which somebody else begins something at a moment of it. */
import type { FaultStamp } from '../domain/fault.ts';
import { abortable } from './abortable.ts';
import type { Seen } from './moments.ts';

export interface SecondCommand {
  /** The moment has come. */
  readonly come: Promise<Seen>;
  /** Does it, to its end. */
  readonly strike: (seen: Seen, signal: AbortSignal) => Promise<FaultStamp>;
  readonly signal: AbortSignal;
}

/**
 * Runs `step` to its end, and the other command, if it has begun, to its own: then nobody is at work any more.
 *
 * @returns no stamp when the step has ended before the moment; `isLate`: what was begun has outlasted the step
 */
export async function besideSecondCommand<T>(
  { come, strike, ...armed }: SecondCommand,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly ended: T; readonly stamp: FaultStamp | null; readonly isLate: boolean }> {
  const over = new AbortController();
  const stepOver = new AbortController();
  const signal = AbortSignal.any([armed.signal, over.signal]);
  let second: Promise<FaultStamp | null> = Promise.resolve(null);
  let isLate = false;
  // a moment that comes too late is none
  const begun = abortable(come, AbortSignal.any([signal, stepOver.signal])).then((seen) => {
    second = strike(seen, signal).finally(() => (isLate = stepOver.signal.aborted));
    return second;
  });
  const failing = begun.then(() => never);
  failing.catch(() => undefined); // it may lose the race
  try {
    const ended = await Promise.race([step(signal), failing]);
    stepOver.abort();
    await Promise.allSettled([begun]);
    return { ended, stamp: await second, isLate };
  } finally {
    over.abort();
  }
}

const never = new Promise<never>(() => undefined);

/** A clock that runs only when it is waited on. */
import type { Clock } from '../ports/clock.ts';

export function fakeClock(): Clock {
  let now = 0;
  return {
    nowMs: () => now,
    wallTime: () => new Date(now),
    sleep: async (ms, signal) => {
      await Promise.resolve();
      signal?.throwIfAborted();
      // limits of steps are not waited for
      if (ms >= 30_000)
        return new Promise((_, reject) =>
          signal?.addEventListener('abort', () => reject(new Error('ended'))),
        );
      now += ms;
    },
  };
}

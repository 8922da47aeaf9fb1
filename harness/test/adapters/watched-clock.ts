/** The real clock, for a test that waits for what the code under test waits for, and not for time. */
import { EventEmitter, once } from 'node:events';
import { systemClock } from '../../adapters/clock.ts';
import type { Clock } from '../../ports/clock.ts';

export interface WatchedClock {
  readonly clock: Clock;
  /** Milliseconds of the pauses that have come to their end, in that order. */
  readonly slept: readonly number[];
  /** Resolves when the next pause of this length begins. */
  readonly begins: (ms: number) => Promise<void>;
  /** Ends all pauses of this length at once. */
  readonly expire: (ms: number) => void;
}

export function watchedClock(): WatchedClock {
  const slept: number[] = [];
  const begun = new EventEmitter().setMaxListeners(0);
  const expired = new EventEmitter().setMaxListeners(0);
  const happens = async (what: EventEmitter, ms: number): Promise<void> => {
    await once(what, ms.toString());
  };
  return {
    slept,
    begins: (ms) => happens(begun, ms),
    expire: (ms) => expired.emit(ms.toString()),
    clock: {
      ...systemClock,
      sleep: async (ms, signal) => {
        begun.emit(ms.toString());
        await Promise.race([systemClock.sleep(ms, signal), happens(expired, ms)]);
        slept.push(ms);
      },
    },
  };
}

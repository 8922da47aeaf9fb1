/** Follows a machine of which nothing is known but its console and its disks. */
import type { RunningMachine } from '../ports/machine.ts';
import { ProgressWatch, type ProgressWatchOptions } from './progress-watch.ts';
import { watching, type WatchingOptions } from './symptom-watch.ts';

export type FollowOptions = ProgressWatchOptions & WatchingOptions;

/** The body, unless the console or a standstill shows that it will never come to its end. */
export async function followed<T>(
  machine: RunningMachine,
  options: FollowOptions,
  body: (signal: AbortSignal, watch: ProgressWatch) => Promise<T>,
): Promise<T> {
  return watching(machine, options, async (signal) => {
    const watch = new ProgressWatch(machine, { ...options, signal });
    const hopeless = watch.run();
    hopeless.catch(() => undefined); // observed through the race; may lose it
    return Promise.race([body(signal, watch), hopeless]);
  });
}

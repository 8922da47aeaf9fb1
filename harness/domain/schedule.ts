/** Which job begins next: never one that would do what another is doing, and of those that are left the longest. */

export interface Waiting {
  /** How long it will take, in whatever unit. */
  readonly length: number;
}

export interface Running {
  /** Acts that it has done so far. */
  readonly done: number;
}

/**
 * @param common how many acts a waiting and a running job have in common before they part
 * @returns null when all that wait have still something in common with one that runs
 */
export function nextToRun<W extends Waiting, R extends Running>(
  waiting: readonly W[],
  running: readonly R[],
  common: (waiting: W, running: R) => number,
): W | null {
  const free = waiting.filter((one) => running.every((other) => other.done >= common(one, other)));
  return free.reduce<W | null>(
    (longest, one) => (longest === null || one.length > longest.length ? one : longest),
    null,
  );
}

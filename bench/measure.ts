/** What a measurement gets and gives, and pairs in which each of two goes first in turn. */
import type { Prepared } from './prepare.ts';

export type Measure = (options: {
  /** Installs once. */
  readonly prepared: () => Promise<Prepared>;
  /** Builds the images that are absent: no measurement is of that. */
  readonly build: () => Promise<unknown>;
  /** The suite that suites are measured with. */
  readonly suite: string;
  /** Of it, only the stories on this layout; undefined: on all. */
  readonly layout: string | undefined;
  readonly pairs: number;
  /** Directory for what it makes. */
  readonly work: string;
  /** hostproof's cache directory. */
  readonly cache: string;
}) => Promise<Readonly<Record<string, unknown>> & { readonly table: readonly string[] }>;

interface Pair<T> {
  readonly begin?: (pair: number) => Promise<unknown>;
  readonly bare: (pair: number) => Promise<T>;
  readonly ours: (pair: number) => Promise<T>;
  readonly end: (pair: number) => Promise<unknown>;
  readonly shown: (value: T) => string;
}

/** What the bare ones took, and what ours took. */
export async function interleaved<T>(
  pairs: number,
  name: string,
  { begin, bare, ours, end, shown }: Pair<T>,
): Promise<readonly [bare: readonly T[], ours: readonly T[]]> {
  const taken: { bare: T[]; ours: T[] } = { bare: [], ours: [] };
  for (let pair = 1; pair <= pairs; pair++) {
    await begin?.(pair);
    const runBare = async (): Promise<unknown> => taken.bare.push(await bare(pair));
    const runOurs = async (): Promise<unknown> => taken.ours.push(await ours(pair));
    for (const one of pair % 2 === 1 ? [runBare, runOurs] : [runOurs, runBare]) await one();
    await end(pair);
    const last = ([value]: T[]): string => (value === undefined ? '?' : shown(value));
    process.stderr.write(
      `${name} ${pair.toString()}: bare ${last(taken.bare.slice(-1))}, hostproof ${last(taken.ours.slice(-1))}\n`,
    );
  }
  return [taken.bare, taken.ours];
}

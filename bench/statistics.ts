/** Medians and spreads of interleaved pairs. */

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summary(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
  return { median, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/**
 * Whether the figure is within its bound: told apart from noise only if the bound is larger than the spread of the
 * differences.
 */
export function judged(
  differences: readonly number[],
  bound: number,
): 'met' | 'missed' | 'not measurable here' {
  const { median, min, max } = summary(differences);
  if (max - min > bound && Math.abs(median - bound) < (max - min) / 2) return 'not measurable here';
  return within(median, bound);
}

/** For a figure whose noise is not known. */
export function within(value: number, max: number): 'met' | 'missed' {
  return value <= max ? 'met' : 'missed';
}

/** A line of a table. */
export function row(name: string, values: readonly number[]): string {
  const { median, min, max } = summary(values);
  return `  ${name.padEnd(22)} median ${seconds(median)}  (${seconds(min)} to ${seconds(max)})`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Options that several commands have, and numbers as people type them. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { parseSize } from './size.ts';

export const JOBS = [
  '--jobs <number>',
  'stories at a time, or auto: by cores and memory (default: auto)',
  jobs,
] as const;

export const CACHE_SIZE = [
  '--cache-size <size>',
  'what checkpoints may take on the disk, as 20G (default: 20 GiB, or a quarter of the free disk)',
  parseSize,
] as const;

function jobs(text: string): number | undefined {
  if (text === 'auto') return undefined;
  const number = wholeNumber(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('at least 1');
}

export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number is wanted');
}

/** For an option that narrows: whoever gives it twice wants both, and would not miss what the first named. */
export function once(text: string, before: string | undefined): string {
  if (before === undefined) return text;
  throw new InvalidArgumentError(`"${before}" is given, too, and only one can be`);
}

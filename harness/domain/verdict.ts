/** Verdicts of a job and of a run, and their exit codes. */
import type { Blame } from './errors.ts';

export type Verdict =
  'passed' | 'failed' | 'usage' | 'unfit' | 'story-error' | 'harness-error' | 'interrupted';

const BY_BLAME: Record<Blame, Verdict> = {
  host: 'failed',
  usage: 'usage',
  environment: 'unfit',
  story: 'story-error',
  harness: 'harness-error',
  interrupt: 'interrupted',
};

const EXIT: Record<Verdict, number> = {
  passed: 0,
  failed: 1,
  usage: 2,
  unfit: 3,
  'story-error': 4,
  'harness-error': 4,
  interrupted: 130,
};

/** Gravest first: what a run with several kinds of verdicts is called. */
const GRAVITY: readonly Verdict[] = [
  'interrupted',
  'harness-error',
  'story-error',
  'failed',
  'unfit',
  'usage',
  'passed',
];

export function verdictOf(blame: Blame): Verdict {
  return BY_BLAME[blame];
}

export function gravest(verdicts: readonly Verdict[]): Verdict {
  return GRAVITY.find((verdict) => verdicts.includes(verdict)) ?? 'passed';
}

export function exitCode(verdict: Verdict): number {
  return EXIT[verdict];
}

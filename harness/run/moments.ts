/** Waits for a moment inside a step. */
import { PHASE_BEGINS } from '../checks/boot-phases.ts';
import { HostproofError } from '../domain/errors.ts';
import type { Moment } from '../domain/moment.ts';
import type { Clock } from '../ports/clock.ts';
import type { BlockStatistics, RunningMachine } from '../ports/machine.ts';
import { abortable } from './abortable.ts';

/** How often the disks are asked: the moment is met within what is done meanwhile. */
const POLL_MS = 20;
const LINE_LENGTH_MAX = 300;

/** Lines of something that speaks; the listener is called for each from now on, until what is returned is called. */
export type Lines = (listener: (line: string) => void) => () => void;

export interface WatchedStep {
  readonly machine: Pick<RunningMachine, 'blockStatistics' | 'console'>;
  readonly clock: Clock;
  /** Bytes that the step is known to write, about. */
  readonly bytesPlanned: number;
  /** What the engine says. */
  readonly says: Lines;
  /** How the engine says that it has come to a point, by the point's name. */
  readonly marks: Readonly<Record<string, RegExp>>;
}

/** What was seen when the moment had come. */
export interface Seen {
  /** Since the step began; whoever could not wait for it before the fault strikes gets it meanwhile. */
  readonly bytesWritten: number | Promise<number>;
  readonly line?: string;
}

/**
 * Begins to watch, before the step begins.
 *
 * @returns resolves when the moment has come
 * @throws HostproofError `story/misuse` for a mark that the step has not
 */
export async function watch(
  moment: Moment,
  step: WatchedStep,
  signal: AbortSignal,
): Promise<{ readonly come: Promise<Seen> }> {
  // there may be no machine yet
  if (moment.at === 'start') return { come: Promise.resolve({ bytesWritten: 0 }) };
  // what can never come is told before anything is done
  if (moment.at === 'mark') markOf(moment.mark, step);
  const before = await step.machine.blockStatistics();
  const come = begin(moment, step, before, signal);
  // whoever gives up no longer waits for it
  come.catch(() => undefined);
  return { come };
}

async function begin(
  moment: Exclude<Moment, { readonly at: 'start' }>,
  step: WatchedStep,
  before: BlockStatistics,
  signal: AbortSignal,
): Promise<Seen> {
  const { console } = step.machine;
  const seen = async (line: string): Promise<Seen> => {
    const { bytesWritten } = await step.machine.blockStatistics();
    return { bytesWritten: bytesWritten - before.bytesWritten, line };
  };
  switch (moment.at) {
    case 'fraction':
      return done(step, before, 'bytesWritten', moment.fraction * step.bytesPlanned, signal);
    case 'bytes':
      return done(step, before, 'bytesWritten', moment.bytes, signal);
    case 'requests':
      return done(step, before, COUNTED[moment.command], moment.count, signal);
    case 'console':
      return said(console.onLine, new RegExp(moment.pattern), signal).then(seen);
    case 'phase':
      return said(console.onLine, PHASE_BEGINS[moment.phase], signal).then(seen);
    case 'mark':
      return said(step.says, markOf(moment.mark, step), signal).then(seen);
  }
}

const COUNTED = { read: 'reads', write: 'writes', flush: 'flushes' } as const;

async function done(
  { machine, clock }: WatchedStep,
  before: BlockStatistics,
  what: keyof BlockStatistics,
  threshold: number,
  signal: AbortSignal,
): Promise<Seen> {
  for (;;) {
    const now = await machine.blockStatistics();
    signal.throwIfAborted();
    if (now[what] - before[what] >= threshold)
      return { bytesWritten: now.bytesWritten - before.bytesWritten };
    await clock.sleep(POLL_MS, signal);
  }
}

/** The first line that matches. */
async function said(lines: Lines, pattern: RegExp, signal: AbortSignal): Promise<string> {
  const over = new AbortController();
  const matching = new Promise<string>((resolve) => {
    const unsubscribe = lines((line) => {
      if (pattern.test(line)) resolve(line.slice(0, LINE_LENGTH_MAX));
    });
    over.signal.addEventListener('abort', unsubscribe, { once: true });
  });
  try {
    return await abortable(matching, signal);
  } finally {
    over.abort();
  }
}

function markOf(mark: string, { marks }: WatchedStep): RegExp {
  const pattern = marks[mark];
  if (pattern !== undefined) return pattern;
  const known = Object.keys(marks).join(', ') || 'none';
  throw new HostproofError('story/misuse', `no mark "${mark}" in this step; there are: ${known}`);
}

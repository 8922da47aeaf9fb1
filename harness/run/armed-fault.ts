/** Faults that wait for their moment while a step runs. */
import type { ConnectionDropped, FaultStamp, PowerCut, Unflushed } from '../domain/fault.ts';
import type { Clock } from '../ports/clock.ts';
import { HostproofError } from '../domain/errors.ts';
import type { RunningMachine } from '../ports/machine.ts';
import type { FailingLine } from '../ports/shell.ts';

/** How often the bytes written are asked for: the moment is met within what is written meanwhile. */
const POLL_MS = 20;
/** How long a machine that does not answer may take to be gone. */
const END_MS = 5000;

export interface Armed {
  readonly plan: PowerCut;
  readonly machine: RunningMachine;
  readonly clock: Clock;
  /** Bytes that the step is known to write, about. */
  readonly bytesPlanned: number;
  readonly strike: () => Promise<Unflushed | null>;
  readonly signal: AbortSignal;
}

/**
 * Runs `step` until it ends or the fault strikes.
 *
 * @returns what the step resolved with, or the stamp of the fault
 */
export async function underFault<T>(
  armed: Armed,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly ended: T } | { readonly stamp: FaultStamp }> {
  const before = (await armed.machine.blockStatistics()).bytesWritten;
  const over = new AbortController();
  const signal = AbortSignal.any([armed.signal, over.signal]);
  let isStriking = false;
  const strike = (): Promise<Unflushed | null> => {
    isStriking = true;
    return armed.strike();
  };
  try {
    const struck = strikeInTime({ ...armed, strike }, before, signal);
    struck.catch(() => undefined); // given up when the step ends first
    const stopped = armed.machine.stopped.then(({ reason, detail }) => {
      if (isStriking) return struck;
      const how = `${reason}) ${detail}`.trim();
      throw new HostproofError('host/never', `the machine stopped before the fault struck (${how}`);
    });
    stopped.catch(() => undefined); // it may lose the race
    const running = step(signal).then(
      (ended) => ({ ended }),
      (error: unknown) => {
        if (isStriking) return struck; // the connection died with the machine: that is the fault, not the step's end
        throw error;
      },
    );
    const inTime = struck.catch(async (error: unknown) => {
      // a machine that does not answer has ended, and its end says more; unless it hangs
      if (!isStriking) await Promise.race([stopped, armed.clock.sleep(END_MS, signal)]);
      throw error;
    });
    inTime.catch(() => undefined); // given up when the step ends first
    return await Promise.race([running, inTime, stopped, armed.machine.unfit]);
  } finally {
    over.abort();
  }
}

async function strikeInTime(
  { plan, machine, clock, bytesPlanned, strike }: Armed,
  before: number,
  signal: AbortSignal,
): Promise<{ readonly stamp: FaultStamp }> {
  const { when } = plan;
  const threshold = when.at === 'bytes' ? when.bytes : when.fraction * bytesPlanned;
  for (;;) {
    const bytesWritten = (await machine.blockStatistics()).bytesWritten - before;
    signal.throwIfAborted();
    if (bytesWritten >= threshold) {
      const unflushed = await strike();
      const lost = unflushed === null ? {} : { unflushed };
      return { stamp: { fault: plan.fault, bytesWritten, bytesPlanned, ...lost } };
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** The line that a step's files are served over; `stamp` once it has failed. */
export class ArmedLine implements FailingLine {
  readonly failsAfterBytes: number;
  stamp: FaultStamp | null = null;

  constructor({ when }: ConnectionDropped) {
    this.failsAfterBytes = when.bytes;
  }

  readonly onFailed = (bytesServed: number): void => {
    this.stamp = { fault: 'connection-dropped', bytesServed };
  };
}

/** Faults that wait for their moment while a step runs. */
import type { DiskFault, FaultStamp } from '../domain/fault.ts';
import type { StruckRequest } from '../domain/disk-rule.ts';
import { HostproofError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { DiskFaults, HostDisk } from '../ports/host-disk.ts';
import type { RunningMachine } from '../ports/machine.ts';
import { abortable } from './abortable.ts';
import type { Seen } from './moments.ts';

/** How long a machine that does not answer may take to be gone. */
const END_MS = 5000;

export interface ArmedPower {
  readonly machine: Pick<RunningMachine, 'stopped' | 'unfit'>;
  readonly clock: Clock;
  /** The moment has come. */
  readonly come: Promise<Seen>;
  /** Has the moment never come any more; whether it was too late for that. Null: it comes when it is seen to come. */
  readonly withdraw: (() => Promise<boolean>) | null;
  /** Takes the power away. */
  readonly strike: (seen: Seen) => Promise<FaultStamp>;
  readonly signal: AbortSignal;
}

type EndUnderPowerFault<T> = { readonly ended: T } | { readonly stamp: FaultStamp };

/**
 * Runs `step` until it ends or the power is taken away.
 *
 * @returns what the step resolved with, or the stamp of the fault
 */
export async function underPowerFault<T>(
  { machine, clock, come, withdraw, strike, ...armed }: ArmedPower,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<EndUnderPowerFault<T>> {
  const over = new AbortController();
  const signal = AbortSignal.any([armed.signal, over.signal]);
  let isStriking = false;
  try {
    const struck = come.then(async (seen) => {
      signal.throwIfAborted();
      isStriking = true;
      return { stamp: await strike(seen) };
    });
    struck.catch(() => undefined); // given up when the step ends first
    const stopped = machine.stopped.then(({ reason, detail }) => {
      if (isStriking) return struck;
      const how = `${reason}) ${detail}`.trim();
      throw new HostproofError('host/never', `the machine stopped before the fault struck (${how}`);
    });
    stopped.catch(() => undefined); // it may lose the race
    const isTooLate = async (): Promise<boolean> =>
      isStriking || (withdraw !== null && (await withdraw()));
    const running = step(signal).then<EndUnderPowerFault<T>, EndUnderPowerFault<T>>(
      // what is answered while the power goes is no end of it
      async (ended) => ((await isTooLate()) ? struck : { ended }),
      async (error: unknown) => {
        if (await isTooLate()) return struck; // the connection died with the machine: that is the fault, not the step's end
        throw error;
      },
    );
    const inTime = struck.catch(async (error: unknown) => {
      // a machine that does not answer has ended, and its end says more; unless it hangs
      if (!isStriking) await Promise.race([stopped, clock.sleep(END_MS, signal)]);
      throw error;
    });
    inTime.catch(() => undefined); // given up when the step ends first
    return await Promise.race([running, inTime, stopped, machine.unfit]);
  } finally {
    over.abort();
  }
}

export interface ArmedDisk {
  readonly plan: DiskFault;
  readonly disk: DiskFaults & Pick<HostDisk, 'mark'>;
  readonly clock: Clock;
  /** The moment has come: then the disk is told the rule. It never comes any more when the step has ended. */
  readonly come: Promise<Seen>;
  /** Called for the first request that is struck. */
  readonly onStruck: (request: StruckRequest) => void;
  readonly signal: AbortSignal;
}

/** Runs `step` to its end on a disk that lies in between; then it is as it should be again. */
export async function underDiskFault<T>(
  { plan, disk, clock, come, onStruck, ...armed }: ArmedDisk,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<{ readonly ended: T; readonly stamp: FaultStamp | null }> {
  const over = new AbortController();
  const signal = AbortSignal.any([armed.signal, over.signal]);
  const strikes: { first: StruckRequest | null; count: number } = { first: null, count: 0 };
  let back: Promise<void> = Promise.resolve();
  let hasVanished = false;
  const comesBack = async (): Promise<void> => {
    const { backAfterS } = plan;
    const time = backAfterS === undefined ? never : clock.sleep(backAfterS * 1000, signal);
    await abortable(time, signal).catch(() => undefined);
    await disk.comeBack();
  };
  let isArmed = false;
  const struck = (request: StruckRequest): void => {
    if (plan.rule.effect.kind === 'vanish' && !hasVanished) {
      hasVanished = true;
      back = comesBack();
      back.catch(() => undefined); // waited for at the end
    }
    // the step had ended when the disk was told: no request of the step has met it
    if (over.signal.aborted && !isArmed) return;
    strikes.count++;
    if (strikes.first !== null) return;
    strikes.first = request;
    onStruck(request);
  };
  // one that nobody can wait for any more, on a machine that has gone, does not come; nor is it waited for longer than for the step
  const arming = abortable(
    come.catch(() => never),
    signal,
  ).then(async () => {
    signal.throwIfAborted();
    await disk.mark(`fault ${plan.fault}`);
    signal.throwIfAborted();
    const disarm = await disk.arm(plan.rule, struck);
    isArmed = true;
    return disarm;
  });
  // from its first request on
  if (plan.when.at === 'start') await arming;
  const failing = arming.then(() => never);
  failing.catch(() => undefined); // it may lose the race
  const asItShouldBe = async (): Promise<void> => {
    over.abort();
    // a step that has ended before its moment has no fault to take back
    const disarm = await arming.catch(() => null);
    // that the disk has vanished may be told until this is answered
    await disarm?.();
    await back;
  };
  let ended: T;
  try {
    ended = await Promise.race([step(signal), failing]);
  } catch (error) {
    // what ended the step says more than what it has left
    await asItShouldBe().catch(() => undefined);
    throw error;
  }
  await asItShouldBe();
  const { first: request, count: requests } = strikes;
  return { ended, stamp: request === null ? null : { fault: plan.fault, request, requests } };
}

const never = new Promise<never>(() => undefined);

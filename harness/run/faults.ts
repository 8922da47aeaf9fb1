/** Has a step meet with its fault. */
import { HostproofError } from '../domain/errors.ts';
import type {
  CommandEnd,
  DiskFault,
  EngineFault,
  FaultStamp,
  PowerFault,
  SpaceFault,
} from '../domain/fault.ts';
import type { Filling } from '../domain/fillable.ts';
import type { Args } from '../domain/verb.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import type { StepContext } from '../ports/host.ts';
import { underDiskFault, underPowerFault } from './armed-fault.ts';
import { countedByDisk, vanishingAt, watchByDisk } from './exact-moment.ts';
import { watch, type Lines, type Seen, type WatchedStep } from './moments.ts';
import type { Power } from './power.ts';
import { besideSecondCommand } from './second-command.ts';

export interface FaultsOptions {
  readonly power: Power;
  readonly disk: Pick<HostDisk, 'faults' | 'mark'>;
  readonly clock: Clock;
  /** Of power cuts for which the story chooses none. */
  readonly seed: number;
}

/** What the engine of a step does, as far as it is known. */
export interface EngineWork extends Pick<WatchedStep, 'bytesPlanned' | 'marks'> {
  /** The machine stops by itself, as it must: what it has not met by then, it never meets. */
  readonly stops?: boolean;
  /** Has somebody else do something meanwhile; null in a step that no engine has. */
  readonly others: OthersWork | null;
}

/** What somebody else may do on the host while the engine is at work. */
export interface OthersWork extends Readonly<
  Record<EngineFault['does'], (context: StepContext) => Promise<CommandEnd>>
> {
  readonly fill: (place: Args<'fill'>, context: StepContext) => Promise<Filling>;
}

/** Something that somebody else does. */
type OthersFault = EngineFault | SpaceFault;

/** How it ended; null when the power was taken away before. */
export interface EndUnderFault<T> {
  readonly ended: T | null;
  readonly stamp: FaultStamp | null;
}

const never = new Promise<never>(() => undefined);

export class Faults {
  readonly #options: FaultsOptions;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** Runs `body` on the machine that is on, which meets with the fault, or not. */
  during<T>(
    fault: DiskFault | undefined,
    work: EngineWork,
    context: StepContext,
    body: (context: StepContext) => Promise<T>,
  ): Promise<EndUnderFault<T> & { readonly ended: T }>;
  during<T>(
    fault: PowerFault | DiskFault | OthersFault | undefined,
    work: EngineWork,
    context: StepContext,
    body: (context: StepContext) => Promise<T>,
  ): Promise<EndUnderFault<T>>;
  async during<T>(
    given: PowerFault | DiskFault | OthersFault | undefined,
    work: EngineWork,
    context: StepContext,
    body: (context: StepContext) => Promise<T>,
  ): Promise<EndUnderFault<T>> {
    if (given === undefined) return { ended: await body(context), stamp: null };
    const fault = given.strikes === 'disk' ? countedByDisk(given, work.bytesPlanned) : given;
    const { clock, power } = this.#options;
    const over = new AbortController();
    const { says, progress } = overheard(context);
    const step = (signal: AbortSignal): Promise<T> => body({ ...context, progress, signal });
    try {
      const signal = AbortSignal.any([context.signal, over.signal]);
      const watched = {
        ...{ ...work, clock, says },
        get machine() {
          return power.machine;
        },
      };
      const exact = fault.strikes === 'power' ? await this.#exact(fault, work) : null;
      const { come } = exact ?? (await watch(fault.when, watched, signal));
      const armed = { clock, come, signal };
      if (fault.strikes === 'disk')
        return await underDiskFault({ ...armed, ...this.#disk(fault, context) }, step);
      if (fault.strikes === 'engine' || fault.strikes === 'space') {
        const strike = (seen: Seen, signal: AbortSignal): Promise<FaultStamp> =>
          this.#meanwhile(fault, work, seen, { ...context, signal });
        const { isLate, ...end } = await besideSecondCommand({ come, strike, signal }, step);
        // room that is taken when nobody writes any more hinders nobody
        return isLate && fault.strikes === 'space' && end.stamp !== null
          ? { ...end, stamp: { ...end.stamp, isLate } }
          : end;
      }
      const strike = (seen: Seen): Promise<FaultStamp> => this.#take(fault, work, seen, context);
      const { stopped, unfit } = power.machine;
      const ends =
        work.stops === true
          ? { machine: { unfit, stopped: never }, come: come.catch(() => never) }
          : { machine: { unfit, stopped } };
      const withdraw = exact?.withdraw ?? null;
      const end = await underPowerFault({ ...armed, ...ends, withdraw, strike }, step);
      return 'stamp' in end ? { ended: null, ...end } : { ...end, stamp: null };
    } finally {
      over.abort();
    }
  }

  /** A power cut at a moment that the disk meets exactly; null where it must be waited for. */
  async #exact(
    { does, when }: PowerFault,
    { bytesPlanned }: EngineWork,
  ): Promise<Awaited<ReturnType<typeof watchByDisk>> | null> {
    const { disk, power } = this.#options;
    const rule = does === 'cut' ? vanishingAt(when, bytesPlanned) : null;
    if (rule === null || disk.faults === null) return null;
    return await watchByDisk(rule, disk.faults, power.machine);
  }

  #disk(
    plan: DiskFault,
    { progress }: StepContext,
  ): Pick<Parameters<typeof underDiskFault>[0], 'plan' | 'disk' | 'onStruck'> {
    const { faults, mark } = this.#options.disk;
    if (faults === null) {
      throw new HostproofError('story/misuse', `${plan.fault} needs a disk that can lie`, {
        hint: "say `disks: 'served'` in the data of the story",
      });
    }
    return {
      ...{ plan, disk: { ...faults, mark } },
      onStruck: ({ command, offset, length, records }) => {
        const where = `${command} of ${length.toString()} bytes at ${offset.toString()}`;
        progress(`${plan.fault} strikes: ${where}, record ${records.toString()}`);
      },
    };
  }

  async #meanwhile(
    fault: OthersFault,
    { others, bytesPlanned }: EngineWork,
    { line, ...seen }: Seen,
    context: StepContext,
  ): Promise<FaultStamp> {
    if (others === null) throw new HostproofError('harness/internal', 'no engine is at work');
    const bytesWritten = await seen.bytesWritten;
    context.progress(`${fault.fault} strikes, after ${bytesWritten.toString()} bytes`);
    const stamp = {
      ...{ fault: fault.fault, bytesWritten, bytesPlanned },
      ...(line !== undefined && { line }),
    };
    if (fault.strikes === 'engine') return { ...stamp, second: await others[fault.does](context) };
    return { ...stamp, ...(await others.fill(fault, context)) };
  }

  /** The power; by one way or another, the machine is off then. */
  async #take(
    { fault, does, seed }: PowerFault,
    { bytesPlanned }: EngineWork,
    { line, ...seen }: Seen,
    context: StepContext,
  ): Promise<FaultStamp> {
    const { power } = this.#options;
    const ways = {
      cut: () => power.cut(seed ?? this.#options.seed),
      reset: () => power.reset(),
      reboot: () => power.rebootedByHand(context),
    };
    const unflushed = await ways[does]();
    const bytesWritten = await seen.bytesWritten;
    return {
      ...{ fault, bytesWritten, bytesPlanned },
      ...(line !== undefined && { line }),
      ...(unflushed !== null && { unflushed }),
    };
  }
}

/** A step's progress, and whoever listens to it. */
function overheard({ progress }: StepContext): {
  readonly says: Lines;
  readonly progress: StepContext['progress'];
} {
  const listeners = new Set<(line: string) => void>();
  return {
    says: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    progress: (text) => {
      progress(text);
      for (const listener of listeners) listener(text);
    },
  };
}

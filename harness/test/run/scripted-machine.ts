/** A machine behind the port that follows a script: what its console says and what it writes, by the clock. */
import type { Clock } from '../../ports/clock.ts';
import type { Hypervisor, MachineSpec, RunningMachine, StopReason } from '../../ports/machine.ts';

export interface Moment {
  readonly atMs: number;
  /** Comes as a line; with `prompt`, as the last row of the screen without a line end. */
  readonly says?: string;
  readonly prompt?: string;
  readonly writes?: number;
  readonly stops?: StopReason;
  /** The machine below fails: with this reason. */
  readonly unfit?: Error;
}

export interface ScriptedHypervisor extends Hypervisor {
  readonly started: MachineSpec[];
  readonly disposed: string[];
}

/** One script for each machine that is started, in order. */
export function scripted(
  clock: Clock,
  scripts: readonly (readonly Moment[])[],
): ScriptedHypervisor {
  const started: MachineSpec[] = [];
  const disposed: string[] = [];
  return {
    started,
    disposed,
    createDisk: () => Promise.resolve(),
    overlayDisk: () => Promise.resolve(),
    standAlone: () => Promise.resolve(),
    forgetVariables: () => Promise.resolve(null),
    putOwnEntryLast: () => Promise.resolve(null),
    diskGuid: () => Promise.resolve(null),
    emptyEsp: () => Promise.resolve(null),
    putBack: () => Promise.resolve(),
    start: (spec) => {
      const machine = scriptedMachine(clock, scripts[started.length] ?? [], () => {
        disposed.push(spec.dir);
      });
      started.push(spec);
      return Promise.resolve(machine);
    },
  };
}

function scriptedMachine(
  clock: Clock,
  script: readonly Moment[],
  onDispose: () => void,
): RunningMachine {
  const startedMs = clock.nowMs();
  const lines = new Set<(line: string) => void>();
  const outputs = new Set<() => void>();
  const rows: string[] = [];
  let receivedBytes = 0;
  let bytesWritten = 0;
  let stop: (end: { reason: StopReason; detail: string }) => void = () => undefined;
  const stopped = new Promise<{ reason: StopReason; detail: string }>(
    (resolve) => (stop = resolve),
  );

  let fail: (reason: Error) => void = () => undefined;
  const unfit = new Promise<never>((_, reject) => (fail = reject));
  unfit.catch(() => undefined); // a machine that nobody waits for may fail

  const off = new AbortController();
  const play = ({ writes = 0, says, prompt, stops, ...moment }: Moment): void => {
    bytesWritten += writes;
    const text = says ?? prompt;
    if (text !== undefined) {
      receivedBytes += text.length;
      rows.push(text);
      if (says !== undefined) for (const listener of lines) listener(text);
      for (const listener of outputs) listener();
    }
    if (stops !== undefined) stop({ reason: stops, detail: '' });
    if (moment.unfit !== undefined) fail(moment.unfit);
  };
  const playAll = async (): Promise<void> => {
    for (const moment of script) {
      const waitMs = startedMs + moment.atMs - clock.nowMs();
      if (waitMs > 0) await clock.sleep(waitMs, off.signal);
      play(moment);
    }
  };
  // ends with the machine, if not with the script
  playAll().catch(() => undefined);
  const subscribe = <T>(set: Set<T>, listener: T): (() => void) => {
    set.add(listener);
    return () => set.delete(listener);
  };
  return {
    pid: 1,
    console: {
      screen: () => Promise.resolve({ rows: rows.slice(-25) }),
      press: () => Promise.resolve(),
      type: () => Promise.resolve(),
      onLine: (listener) => subscribe(lines, listener),
      onOutput: (listener) => subscribe(outputs, listener),
      tail: (count) => rows.slice(-count),
      receivedBytes: () => receivedBytes,
    },
    forwarded: (guestPort) => 10_000 + guestPort,
    stopped,
    unfit,
    blockStatistics: () => Promise.resolve({ bytesWritten, reads: 0, writes: 0, flushes: 0 }),
    powerCut: () => Promise.resolve(),
    freeze: () => Promise.resolve(),
    reset: () => Promise.resolve(),
    pressPowerButton: () => Promise.resolve(),
    screenshot: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => {
      off.abort();
      onDispose();
      return Promise.resolve();
    },
  };
}

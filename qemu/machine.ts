/** A running machine: what can be done to it, and how it comes to its end. */
import { setTimeout as sleep } from 'node:timers/promises';

import { HostproofError } from '../harness/domain/errors.ts';
import type { BlockStatistics, RunningMachine, StopReason } from '../harness/ports/machine.ts';
import { deferred } from './deferred.ts';
import { failureCode } from './failure.ts';
import type { ProcessEnd, QemuProcess } from './process.ts';
import { saveState } from './migration.ts';
import type { QmpClient } from './qmp/client.ts';
import { queryConnections, queryDiskStatistics } from './qmp/commands.ts';
import type { QmpEvent } from './qmp/messages.ts';
import type { SerialConsole } from './serial/console.ts';

export interface MachineParts {
  readonly name: string;
  readonly process: QemuProcess;
  readonly qmp: QmpClient;
  readonly console: SerialConsole;
  readonly hostPortByGuestPort: ReadonlyMap<number, number>;
  /** Closed, in this order, when the machine is no more. */
  readonly owned: readonly AsyncDisposable[];
}

/** How long a guest may take to see that a connection was closed, and how often it is looked. */
const [GOODBYE_MS, POLL_MS] = [2000, 20];

interface Stop {
  readonly reason: StopReason;
  readonly detail: string;
}

/** What QEMU says of a shutdown, in terms of the guest (QAPI: ShutdownCause). */
const REASON_BY_SHUTDOWN_CAUSE: Readonly<Record<string, StopReason>> = {
  'guest-shutdown': 'shutdown',
  'guest-reset': 'reset',
  'host-qmp-system-reset': 'reset',
  'guest-panic': 'panic',
};

export class QemuMachine implements RunningMachine {
  readonly pid: number;
  readonly console: SerialConsole;
  readonly stopped: Promise<Stop>;
  readonly unfit: Promise<never>;
  readonly #parts: MachineParts;
  readonly #unfit = deferred<never>();
  /** Set by the first thing that ends the machine; the process's end only confirms it. */
  #stop: Stop | undefined;

  constructor(parts: MachineParts) {
    this.#parts = parts;
    this.pid = parts.process.pid;
    this.console = parts.console;
    this.unfit = this.#unfit.promise;
    parts.qmp.onEvent((event) => {
      this.#observe(event);
    });
    this.stopped = parts.process.ended.then(async (end) => {
      const stop = this.#stop ?? crashed(end, parts.process.stderrTail());
      for (const resource of parts.owned) await resource[Symbol.asyncDispose]();
      return stop;
    });
  }

  readonly forwarded = (guestPort: number): number => {
    const hostPort = this.#parts.hostPortByGuestPort.get(guestPort);
    if (hostPort !== undefined) return hostPort;
    throw new HostproofError(
      'harness/internal',
      `${this.#parts.name}: port ${String(guestPort)} of the guest is not forwarded`,
    );
  };

  readonly blockStatistics = async (): Promise<BlockStatistics> => {
    const disks = [...(await queryDiskStatistics(this.#parts.qmp)).values()];
    const sum = (of: keyof BlockStatistics): number =>
      disks.reduce((total, disk) => total + disk[of], 0);
    return {
      ...{ bytesWritten: sum('bytesWritten'), flushes: sum('flushes') },
      ...{ reads: sum('reads'), writes: sum('writes') },
    };
  };

  /** `stop` first: from its answer on, no virtual processor runs, and what is lost is decided by the guest alone. */
  readonly powerCut = async (): Promise<void> => {
    this.#end('killed', 'power cut');
    try {
      await this.#parts.qmp.execute('stop');
    } finally {
      await this.#kill();
    }
  };

  readonly freeze = async (stateFile: string): Promise<void> => {
    try {
      await this.#disconnected();
      this.#end('killed', 'frozen');
      await this.#parts.qmp.execute('stop');
      await saveState(this.#parts.qmp, stateFile);
    } finally {
      await this.#kill();
    }
  };

  readonly reset = async (): Promise<void> => {
    await this.#parts.qmp.execute('system_reset');
  };

  readonly pressPowerButton = async (): Promise<void> => {
    await this.#parts.qmp.execute('system_powerdown');
  };

  readonly screenshot = async (file: string): Promise<void> => {
    await this.#parts.qmp.execute('screendump', { filename: file, format: 'png' });
  };

  /** The disk or the log below the guest failed: ends the machine, and `unfit` says why. */
  readonly declareUnfit = (cause: Error): void => {
    const text = `${this.#parts.name}: ${cause.message}`;
    const code = failureCode(text) === 'env/disk-full' ? 'env/disk-full' : 'env/io';
    this.#end('io-error', cause.message);
    this.#unfit.reject(new HostproofError(code, text, { cause }));
    void this.#kill();
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end('killed', 'released by the harness');
    await this.#kill();
  }

  /** Until the guest knows, too, that nobody is connected any more; what it holds on to in spite of that goes with it. */
  async #disconnected(): Promise<void> {
    const { hostPortByGuestPort, qmp } = this.#parts;
    if (hostPortByGuestPort.size === 0) return;
    const end = performance.now() + GOODBYE_MS;
    while ((await queryConnections(qmp)) > 0 && performance.now() < end) await sleep(POLL_MS);
  }

  async #kill(): Promise<void> {
    await this.#parts.process.kill();
    await this.stopped;
  }

  #end(reason: StopReason, detail: string): void {
    this.#stop ??= { reason, detail };
  }

  #observe({ event, data }: QmpEvent): void {
    if (event === 'SHUTDOWN') {
      const cause = String(data['reason']);
      const reason = REASON_BY_SHUTDOWN_CAUSE[cause];
      if (reason !== undefined) this.#end(reason, cause);
    }
    // With action `report` the guest sees the error: a fault ordered it.
    if (event === 'BLOCK_IO_ERROR' && data['action'] === 'stop') {
      const where = `${String(data['operation'])} on disk ${String(data['node-name'])}`;
      this.declareUnfit(new Error(`${where} failed: ${String(data['reason'])}`));
    }
  }
}

function crashed({ exitCode, signal }: ProcessEnd, stderr: string): Stop {
  const how = signal === undefined ? `exit status ${String(exitCode)}` : signal;
  return { reason: 'crashed', detail: `QEMU ended with ${how}: ${stderr || 'it said nothing'}` };
}

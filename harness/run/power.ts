/**
 * The power of a host: its machine going on and off, and the shell on it while it runs.
 *
 * A machine that restarts is a new machine on the same disks and firmware variables (docs/adr/0005).
 */
import { PHASE_BEGINS } from '../checks/boot-phases.ts';
import { HostproofError } from '../domain/errors.ts';
import type { Unflushed } from '../domain/fault.ts';
import type { BootEnd } from '../domain/verb.ts';
import type { Clock } from '../ports/clock.ts';
import type { Connect } from '../ports/connect.ts';
import type { Files } from '../ports/files.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import type { StepContext } from '../ports/host.ts';
import type { Hypervisor, MachineSpec, RunningMachine, Stop } from '../ports/machine.ts';
import type { Shell } from '../ports/shell.ts';
import { abortable } from './abortable.ts';
import { askToReboot } from './asked-to-reboot.ts';
import { chooseEntry } from './boot-menu.ts';
import { CLOSED_PORT, connected, SSH_PORT } from './connected.ts';
import { fallenBack, type StartingHost } from './fallback.ts';
import { marksLines } from './log-marks.ts';
import { settled, succeed } from './guest-commands.ts';
import { resetOrKilled } from './reset-or-killed.ts';
import { stoppedInstead } from './stopped-instead.ts';
import { SymptomError, watching, type SeenSymptom } from './symptom-watch.ts';

export interface PowerOptions {
  readonly machine: Omit<MachineSpec, 'forward' | 'disks'>;
  readonly disk: Pick<HostDisk, 'spec' | 'cut' | 'mark'>;
  /** Where the memory of a machine is that will be frozen. */
  readonly memoryFile: string;
  readonly files: Pick<Files, 'remove'>;
  readonly hypervisor: Pick<Hypervisor, 'start'>;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly onSymptom: (seen: SeenSymptom) => void;
}

/** A machine that is on; the shell is there once the host answers. */
interface Powered {
  readonly machine: RunningMachine;
  shell: Shell | null;
}

export class Power implements AsyncDisposable {
  readonly #options: PowerOptions;
  #powered: Powered | null = null;
  /** Of the last machine that was switched on: whoever takes the power must not miss it. */
  #beginning: Promise<void> | null = null;

  constructor(options: PowerOptions) {
    this.#options = options;
  }

  get state(): 'off' | 'hung' | 'running' {
    if (this.#powered === null) return 'off';
    return this.#powered.shell === null ? 'hung' : 'running';
  }

  /** Null when the machine is off. */
  get machineIfOn(): RunningMachine | null {
    return this.#powered?.machine ?? null;
  }

  get machine(): RunningMachine {
    return this.#on().machine;
  }

  get shell(): Shell {
    const { shell } = this.#on();
    if (shell === null) throw new HostproofError('harness/internal', 'the host has no shell');
    return shell;
  }

  get sshPort(): number | null {
    return this.#powered?.machine.forwarded(SSH_PORT) ?? null;
  }

  async start({ willFreeze }: Pick<StepContext, 'willFreeze'>): Promise<void> {
    const { files, memoryFile } = this.#options;
    // what an earlier start has left is not what a machine finds that is switched on
    const cleared = files.remove(memoryFile);
    const how = willFreeze ? { memory: { file: memoryFile, access: 'shared' } as const } : {};
    this.#beginning = cleared.then(() => this.#switchOn(how));
    await this.#beginning;
  }

  /**
   * Stops the machine for good and writes its state; the memory of one that was started for this stays in its file, that of
   * any other is in the state.
   */
  async freeze(stateFile: string): Promise<void> {
    const { machine, shell } = this.#on();
    await shell?.[Symbol.asyncDispose]();
    // it is gone, even if it cannot be frozen
    await machine.freeze(stateFile).finally(() => (this.#powered = null));
  }

  async thaw(stateFile: string, memory: MachineSpec['memory']): Promise<void> {
    this.#beginning = this.#switchOn({ ...(memory !== undefined && { memory }), stateFile });
    await this.#beginning;
  }

  /** Until the host that goes on answers again. */
  async answers(context: StepContext): Promise<void> {
    await this.#up(context);
  }

  async #switchOn(how: Pick<MachineSpec, 'memory' | 'stateFile'>): Promise<void> {
    const { disk, hypervisor, machine } = this.#options;
    const disks = [{ ...disk.spec, bootIndex: 0 }];
    const spec = {
      ...machine,
      ...how,
      disks,
      forward: [SSH_PORT, CLOSED_PORT],
      stopOnReboot: true,
    };
    const started = await hypervisor.start(spec);
    started.console.onLine(marksLines(disk, PHASE_BEGINS));
    this.#powered = { machine: started, shell: null };
  }

  /** Begins a boot from whatever state the machine is in. */
  async restart(context: StepContext): Promise<void> {
    // what a hung host still says is not held against it
    if (this.#powered?.shell === null) await this.reset();
    else if (this.#powered !== null) {
      await this.#leave('reboot', context);
      await this.#gone('reset', context);
    }
    await this.start(context);
  }

  async off(context: StepContext): Promise<void> {
    await this.#leave('poweroff', context);
    await this.#gone('shutdown', context);
  }

  /** A host that has just gone down by itself has lost its power all the same: of its disk, that which was not flushed. */
  async cut(seed: number): Promise<Unflushed | null> {
    await this.#beginning?.catch(() => undefined);
    const powered = this.#powered;
    try {
      const kill = powered?.machine.powerCut ?? (() => Promise.resolve());
      return await this.#options.disk.cut(seed, kill);
    } finally {
      this.#powered = null;
      await powered?.shell?.[Symbol.asyncDispose]();
    }
  }

  /** The reset button: memory is lost, and no more. What starts then is another machine. */
  async reset(): Promise<null> {
    const { machine, shell } = this.#on();
    // whoever waits for this machine must not start it again
    this.#powered = null;
    try {
      await resetOrKilled(machine, this.#options.clock);
      return null;
    } finally {
      await shell?.[Symbol.asyncDispose]();
    }
  }

  /** Somebody on the host has it restart, whatever else runs there, and it goes down by itself. What starts then is another machine. */
  async rebootedByHand(context: StepContext): Promise<null> {
    const ask = (signal: AbortSignal): Promise<void> =>
      askToReboot(this.shell, this.machine, { ...context, signal });
    await this.watched('asking for a reboot', context, ask, { mayStop: true });
    // until then all that runs there keeps its connection
    await this.#gone('reset', context);
    return null;
  }

  /** Chooses an entry by its title in the menu of the boot that is under way. */
  async choose(title: string, context: StepContext): Promise<void> {
    const { clock } = this.#options;
    const { limitMs } = context;
    await this.watched('the boot menu', context, (signal) =>
      chooseEntry(this.machine.console, title, { clock, limitMs, signal }),
    );
    context.progress(`chose ${title.slice(0, 80)}`);
  }

  /** Waits until the boot that is under way has come to the end that it must have. */
  async arrive(ends: BootEnd, context: StepContext): Promise<{ readonly ends: BootEnd }> {
    if (ends === 'fallback') {
      await fallenBack(this.#starting, context);
      return { ends };
    }
    try {
      await this.#up(context);
    } catch (error) {
      if (error instanceof SymptomError && error.ends === ends) return { ends };
      throw error;
    }
    if (ends === 'up') return { ends };
    throw new HostproofError(
      'host/expectation',
      `the host came up and is well, expected was: ${ends}`,
    );
  }

  /** Runs `body` until it ends, or until the console or the machine says that it never will. */
  watched<T>(
    what: string,
    context: StepContext,
    body: (signal: AbortSignal) => Promise<T>,
    { mayStop = false } = {},
  ): Promise<T> {
    const { onSymptom } = this.#options;
    return watching(this.machine, { what, onSymptom, mayStop, signal: context.signal }, body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const powered = this.#powered;
    this.#powered = null;
    await powered?.machine[Symbol.asyncDispose]();
    await powered?.shell?.[Symbol.asyncDispose]();
  }

  /** Asks the running host to go down; does not wait until it has. */
  async #leave(how: 'reboot' | 'poweroff', context: StepContext): Promise<void> {
    const powered = this.#on();
    await this.watched(
      'asking to go down',
      context,
      (signal) => succeed(this.shell, `systemctl ${how}`, { ...context, signal }),
      { mayStop: true },
    );
    const { shell } = powered;
    powered.shell = null;
    await shell?.[Symbol.asyncDispose]();
  }

  /** Waits until the machine has stopped, for the reason for which it must. */
  async #gone(must: Stop['reason'], context: StepContext): Promise<void> {
    const { machine } = this.#on();
    const { reason, detail } = await this.watched(
      'going down',
      context,
      (signal) => abortable(machine.stopped, signal),
      { mayStop: true },
    );
    const { shell } = this.#on();
    this.#powered = null;
    await shell?.[Symbol.asyncDispose]();
    if (reason !== must) throw stoppedInstead('going down', reason, detail);
  }

  get #starting(): StartingHost {
    return {
      start: (context) => this.start(context),
      failedUnits: async (context) =>
        (await this.#comesUp(context)) === null ? settled(this.shell, context) : null,
      isOn: () => this.#powered !== null,
      restarted: (context) => this.#gone('reset', context),
    };
  }

  /** Until there is a shell. */
  async #up(context: StepContext): Promise<void> {
    const stop = await this.#comesUp(context);
    if (stop !== null) throw stoppedInstead('booting', stop.reason, stop.detail);
  }

  /** Until there is a shell, or the machine has reset itself before: it is off then, and that is returned. */
  async #comesUp(context: StepContext): Promise<Stop | null> {
    const powered = this.#on();
    const { machine } = powered;
    const end = await this.watched(
      'booting',
      context,
      (signal) => connected(machine, this.#options.connect, { ...context, signal }),
      { mayStop: true },
    );
    if ('shell' in end) {
      powered.shell = end.shell;
      return null;
    }
    // it has been switched off meanwhile
    context.signal.throwIfAborted();
    const { stop } = end;
    const isBySomebodyElse = this.#powered !== powered;
    if (!isBySomebodyElse) this.#powered = null;
    if (isBySomebodyElse || stop.reason !== 'reset')
      throw stoppedInstead('booting', stop.reason, stop.detail);
    return stop;
  }

  #on(): Powered {
    if (this.#powered === null) throw new HostproofError('harness/internal', 'the machine is off');
    return this.#powered;
  }
}

/** The power of a host: its machine going on and off, and the shell on it while it runs. */
import { HostproofError } from '../domain/errors.ts';
import type { BootEnd } from '../domain/verb.ts';
import type { Clock } from '../ports/clock.ts';
import type { Connect } from '../ports/connect.ts';
import type { StepContext } from '../ports/host.ts';
import type { Hypervisor, MachineSpec, RunningMachine } from '../ports/machine.ts';
import type { Shell } from '../ports/shell.ts';
import { chooseEntry } from './boot-menu.ts';
import { succeed } from './guest-commands.ts';
import { abortable } from './abortable.ts';
import { SymptomError, watching, type SeenSymptom } from './symptom-watch.ts';

export interface PowerOptions {
  readonly machine: Omit<MachineSpec, 'forward'>;
  readonly hypervisor: Hypervisor;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly onSymptom: (seen: SeenSymptom) => void;
}

const SSH_PORT = 22;
/** The discard service: nothing listens there. */
const CLOSED_PORT = 9;
/** For the first command: a connection to a kernel that has gone since says nothing at all. */
const FIRST_COMMAND_MS = 60_000;
/** Pause before a host that is still going down is asked again. */
const GOING_DOWN_MS = 500;

/** A machine that is on; the shell is there once the host answers. */
interface Powered {
  readonly machine: RunningMachine;
  shell: Shell | null;
}

export class Power implements AsyncDisposable {
  readonly #options: PowerOptions;
  #powered: Powered | null = null;
  /** Of the kernel that answered last. */
  #bootId = '';

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

  get shellIfUp(): Shell | null {
    return this.#powered?.shell ?? null;
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

  async start(): Promise<void> {
    const { hypervisor, machine } = this.#options;
    const forward = [SSH_PORT, CLOSED_PORT];
    this.#powered = { machine: await hypervisor.start({ ...machine, forward }), shell: null };
  }

  /** Begins a boot from whatever state the machine is in. */
  async restart(context: StepContext): Promise<void> {
    if (this.#powered === null) await this.start();
    else if (this.#powered.shell === null) await this.#powered.machine.reset();
    else await this.leave('reboot', context);
  }

  /** Asks the running host to go down; does not wait until it has. */
  async leave(how: 'reboot' | 'poweroff', context: StepContext): Promise<void> {
    const powered = this.#on();
    await succeed(this.shell, `systemctl ${how}`, context);
    const { shell } = powered;
    powered.shell = null;
    await shell?.[Symbol.asyncDispose]();
  }

  async off(context: StepContext): Promise<void> {
    const { machine } = this.#on();
    await this.leave('poweroff', context);
    await abortable(machine.stopped, context.signal);
    this.#powered = null;
  }

  async cut(): Promise<void> {
    const { machine, shell } = this.#on();
    await machine.powerCut();
    this.#powered = null;
    await shell?.[Symbol.asyncDispose]();
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
    const powered = this.#on();
    try {
      powered.shell = await this.watched('booting', context, (signal) =>
        this.#newShell(powered.machine, context, signal),
      );
    } catch (error) {
      const panicked = error instanceof SymptomError && error.symptom === 'kernel-panic';
      if (ends === 'panic' && panicked) return { ends };
      throw error;
    }
    if (ends === 'up') return { ends };
    throw new HostproofError('host/expectation', `the host came up, expected was a ${ends}`);
  }

  /** Runs `body` until it ends, or until the console or the machine says that it never will. */
  watched<T>(
    what: string,
    context: StepContext,
    body: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { onSymptom } = this.#options;
    return watching(this.machine, { what, onSymptom, signal: context.signal }, body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const powered = this.#powered;
    this.#powered = null;
    await powered?.machine[Symbol.asyncDispose]();
    await powered?.shell?.[Symbol.asyncDispose]();
  }

  /** A shell on a kernel that is not the one seen last: while a host goes down, its old sshd may still answer. */
  async #newShell(
    machine: RunningMachine,
    context: StepContext,
    signal: AbortSignal,
  ): Promise<Shell> {
    const { clock, connect } = this.#options;
    const deadlineMs = context.limitMs;
    for (;;) {
      const port = machine.forwarded(SSH_PORT);
      const closedPort = machine.forwarded(CLOSED_PORT);
      const shell = await connect({ port, closedPort, deadlineMs, signal });
      const { stdout } = await shell
        .run('cat /proc/sys/kernel/random/boot_id', { deadlineMs: FIRST_COMMAND_MS, signal })
        .catch(() => ({ stdout: '' })); // the old kernel took the connection down with it
      const bootId = stdout.trim();
      if (bootId !== '' && bootId !== this.#bootId) {
        this.#bootId = bootId;
        context.progress('the host answers');
        return shell;
      }
      await shell[Symbol.asyncDispose]();
      await clock.sleep(GOING_DOWN_MS, signal);
    }
  }

  #on(): Powered {
    if (this.#powered === null) throw new HostproofError('harness/internal', 'the machine is off');
    return this.#powered;
  }
}

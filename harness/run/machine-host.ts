/** A host on a virtual machine: every verb, by a hypervisor, a console, a shell and a layout. */
import { HostproofError } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import { canonical } from '../domain/json.ts';
import type { Args, BootEnd, Result } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import type { Clock } from '../ports/clock.ts';
import type { Connect } from '../ports/connect.ts';
import type { MachineConsole } from '../ports/console.ts';
import type { Host, HostState, StepContext } from '../ports/host.ts';
import type { Images } from '../ports/images.ts';
import type { InstalledHosts } from '../ports/installed.ts';
import type { EngineOutcome, Layout, LayoutContext } from '../ports/layout.ts';
import type { Hypervisor, MachineSpec, RunningMachine } from '../ports/machine.ts';
import type { Shell } from '../ports/shell.ts';
import { underFault } from './armed-fault.ts';
import { chooseEntry } from './boot-menu.ts';
import { readFile, removeFile, settled, succeed, writeFile } from './guest-commands.ts';
import { abortable, type Installer } from './installing.ts';
import { SymptomError, watching, type SeenSymptom } from './symptom-watch.ts';

export interface MachineHostOptions {
  readonly job: string;
  /** Directory of the job. */
  readonly dir: string;
  readonly memoryMiB: number;
  readonly diskBytes: number;
  readonly hypervisor: Hypervisor;
  /** What identifies the hypervisor and the firmware, for the key of an installation. */
  readonly platform: Readonly<Record<string, string>>;
  readonly layout: Layout;
  readonly images: Images;
  readonly installer: Installer;
  readonly installed: InstalledHosts;
  readonly kickstart: (options: { readonly append: string }) => string;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly guestScript: (path: string) => string;
  readonly sha256: (text: string) => string;
  readonly emit: (body: EventBody) => void;
}

const SSH_PORT = 22;
/** The discard service: nothing listens there. */
const CLOSED_PORT = 9;
/** What QEMU and the console leave in the job's directory. */
const LOGS = ['console.log', 'qemu-command.txt', 'qmp.jsonl'];
const SCREENSHOT = 'screen.png';

/** A machine that was started, and the shell on it once the host answers. */
interface Powered {
  readonly machine: RunningMachine;
  shell: Shell | null;
}

export class MachineHost implements Host {
  readonly machine = 'qemu';
  readonly #options: MachineHostOptions;
  #installed = false;
  /** The base that was installed, and the kept installation it comes from. */
  #installedBase = '';
  #origin = '';
  #powered: Powered | null = null;
  #lastView: HostView | null = null;
  readonly #evidence = [...LOGS];

  constructor(options: MachineHostOptions) {
    this.#options = options;
  }

  state(): HostState {
    if (!this.#installed) return 'none';
    if (this.#powered === null) return 'off';
    return this.#powered.shell === null ? 'hung' : 'running';
  }

  console(): MachineConsole | null {
    return this.#powered?.machine.console ?? null;
  }

  shell(): Shell | null {
    return this.#powered?.shell ?? null;
  }

  async install(args: Args<'install'>, context: StepContext): Promise<Result<'install'>> {
    const { diskBytes, dir, images, installed, installer, platform, sha256 } = this.#options;
    const image = await images.built(args.image.image, 'installation', context.progress);
    const kickstart = this.#options.kickstart({ append: args.append ?? '' });
    const machine = {
      name: this.#options.job,
      memoryMiB: this.#options.memoryMiB,
      cpus: 1,
      firmware: 'uefi',
    } as const;
    const key = sha256(
      canonical({
        format: 1,
        platform: { ...platform },
        iso: image.iso?.sha256,
        kickstart,
        diskBytes,
        machine: { ...machine, name: undefined },
      }),
    );
    const { host, shared } = await installer.installed(
      {
        image,
        kickstart,
        key,
        diskBytes,
        dir,
        machine,
        fresh: args.fresh === true,
        onSymptom: this.#onSymptom,
      },
      context,
    );
    await installed.fork(host, { disk: this.#disk, variables: this.#variables });
    this.#installed = true;
    this.#installedBase = image.nvr;
    this.#origin = host.disk;
    return { shared };
  }

  async boot(args: Args<'boot'>, context: StepContext): Promise<Result<'boot'>> {
    await this.#start();
    return this.#arrive(args.ends ?? 'up', context);
  }

  async reboot(args: Args<'reboot'>, context: StepContext): Promise<Result<'reboot'>> {
    await this.#leave(context);
    return this.#arrive(args.ends ?? 'up', context);
  }

  async select(args: Args<'select'>, context: StepContext): Promise<Result<'select'>> {
    const layer = this.#lastView?.layers.find((candidate) => candidate.version === args.version);
    const entry = this.#lastView?.entries.find((candidate) => candidate.layer === layer?.id);
    if (entry === undefined) {
      throw new HostproofError(
        'story/misuse',
        `no boot entry of version ${args.version} was seen so far`,
      );
    }
    if (this.#powered === null) await this.#start();
    else if (this.#powered.shell === null) await this.#powered.machine.reset();
    else await this.#leave(context);
    const { machine } = this.#machine();
    const options = { what: 'the boot menu', onSymptom: this.#onSymptom, signal: context.signal };
    await watching(machine, options, (signal) =>
      chooseEntry(machine.console, entry.title, {
        clock: this.#options.clock,
        limitMs: context.limitMs,
        signal,
      }),
    );
    context.progress(`chose ${entry.title.slice(0, 80)}`);
    await this.#arrive('up', context);
    return { entry: entry.id };
  }

  async powerOff(_args: Args<'powerOff'>, context: StepContext): Promise<Result<'powerOff'>> {
    const { machine } = this.#machine();
    await this.#leave(context, 'poweroff');
    await abortable(machine.stopped, context.signal);
    this.#powered = null;
    return {};
  }

  async powerCut(): Promise<Result<'powerCut'>> {
    const { machine, shell } = this.#machine();
    await machine.powerCut();
    this.#powered = null;
    await shell?.[Symbol.asyncDispose]();
    return {};
  }

  async upgrade(args: Args<'upgrade'>, context: StepContext): Promise<Result<'upgrade'>> {
    const { images, layout } = this.#options;
    const { machine } = this.#machine();
    const shell = this.#shell();
    const image = await images.built(args.image.image, 'update', context.progress);
    await using service = await shell.serve(layout.served(image));
    const engine = (signal: AbortSignal): Promise<EngineOutcome> =>
      layout.upgrade({ ...this.#layoutContext(context), signal }, image, service.port);
    if (args.fault === undefined) {
      const options = { what: 'upgrading', onSymptom: this.#onSymptom, signal: context.signal };
      return { ...(await watching(machine, options, engine)), stamp: null };
    }
    const { clock } = this.#options;
    const end = await underFault(
      {
        plan: args.fault,
        machine,
        clock,
        bytesPlanned: layout.upgradeBytes(image),
        strike: async () => {
          await this.powerCut();
        },
        signal: context.signal,
      },
      engine,
    );
    if ('stamp' in end) return { outcome: 'cut', reason: null, stamp: end.stamp };
    return { ...end.ended, stamp: null };
  }

  async rollback(args: Args<'rollback'>, context: StepContext): Promise<Result<'rollback'>> {
    const layer = this.#lastView?.layers.find((candidate) => candidate.version === args.to);
    if (args.to !== undefined && layer === undefined) {
      throw new HostproofError('story/misuse', `no layer of version ${args.to} was seen so far`);
    }
    return this.#options.layout.rollback(this.#layoutContext(context), layer?.id ?? null);
  }

  async write(args: Args<'write'>, context: StepContext): Promise<Result<'write'>> {
    await writeFile(this.#shell(), args, context);
    return {};
  }

  async remove(args: Args<'remove'>, context: StepContext): Promise<Result<'remove'>> {
    await removeFile(this.#shell(), args, context);
    return {};
  }

  async read(args: Args<'read'>, context: StepContext): Promise<Result<'read'>> {
    return { content: await readFile(this.#shell(), args, context) };
  }

  async fill(args: Args<'fill'>, context: StepContext): Promise<Result<'fill'>> {
    return {
      leftMiB: await this.#options.layout.fill(this.#layoutContext(context), args.leaveMiB),
    };
  }

  async settle(_args: Args<'settle'>, context: StepContext): Promise<Result<'settle'>> {
    return { failedUnits: await settled(this.#shell(), context) };
  }

  async view(args: { readonly watch: readonly string[] }, context: StepContext): Promise<HostView> {
    const view = await this.#options.layout.observe(this.#layoutContext(context), args.watch);
    this.#lastView = view;
    return view;
  }

  async digest(_args: Args<'digest'>, context: StepContext): Promise<Result<'digest'>> {
    const digests = await this.#options.layout.baseDigests(this.#layoutContext(context));
    // what an installation made belongs to that installation alone: its disk, its keys, its fstab
    const named = Object.entries(digests).map(([base, digest]) => {
      return [base === this.#installedBase ? `${base} of ${this.#origin}` : base, digest] as const;
    });
    return { bases: Object.fromEntries(named) };
  }

  access(): { readonly dir: string; readonly sshPort: number | null } | null {
    const machine = this.#powered?.machine;
    if (machine === undefined) return null;
    return { dir: this.#options.dir, sshPort: machine.forwarded(SSH_PORT) };
  }

  async recordFailure(): Promise<void> {
    if (this.#powered === null) return;
    const file = `${this.#options.dir}/${SCREENSHOT}`;
    await this.#powered.machine.screenshot(file).then(
      () => this.#evidence.push(SCREENSHOT),
      () => undefined, // a machine that is gone has no screen, and its end is told elsewhere
    );
  }

  evidence(): Promise<readonly string[]> {
    return Promise.resolve(this.#evidence);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const powered = this.#powered;
    this.#powered = null;
    await powered?.machine[Symbol.asyncDispose]();
    await powered?.shell?.[Symbol.asyncDispose]();
  }

  get #disk(): string {
    return `${this.#options.dir}/disk0.qcow2`;
  }

  get #variables(): string {
    return `${this.#options.dir}/vars.fd`;
  }

  readonly #onSymptom = ({ symptom, line }: SeenSymptom): void => {
    this.#options.emit({
      type: 'symptom',
      job: this.#options.job,
      step: null,
      id: symptom.id,
      line,
    });
  };

  async #start(): Promise<void> {
    const spec: MachineSpec = {
      name: this.#options.job,
      dir: this.#options.dir,
      memoryMiB: this.#options.memoryMiB,
      cpus: 1,
      firmware: 'uefi',
      variablesFile: this.#variables,
      disks: [{ id: 'disk0', file: this.#disk, format: 'qcow2', kind: 'disk', bootIndex: 0 }],
      forward: [SSH_PORT, CLOSED_PORT],
    };
    this.#powered = { machine: await this.#options.hypervisor.start(spec), shell: null };
  }

  /** Asks the running host to go down; does not wait until it has. */
  async #leave(context: StepContext, how: 'reboot' | 'poweroff' = 'reboot'): Promise<void> {
    const powered = this.#machine();
    await succeed(this.#shell(), `systemctl ${how}`, context);
    const shell = powered.shell;
    powered.shell = null;
    await shell?.[Symbol.asyncDispose]();
  }

  /** Waits until the boot that is under way has come to the end that it must have. */
  async #arrive(ends: BootEnd, context: StepContext): Promise<{ readonly ends: BootEnd }> {
    const powered = this.#machine();
    const options = { what: 'booting', onSymptom: this.#onSymptom, signal: context.signal };
    try {
      powered.shell = await watching(powered.machine, options, (signal) =>
        this.#newShell(powered.machine, context, signal),
      );
    } catch (error) {
      if (ends === 'panic' && error instanceof SymptomError && error.symptom === 'kernel-panic')
        return { ends };
      throw error;
    }
    if (ends === 'up') return { ends };
    throw new HostproofError('host/expectation', `the host came up, expected was a ${ends}`);
  }

  /** A shell on a kernel that is not the one seen last: while a host goes down, its old sshd may still answer. */
  async #newShell(
    machine: RunningMachine,
    context: StepContext,
    signal: AbortSignal,
  ): Promise<Shell> {
    for (;;) {
      const shell = await this.#options.connect({
        port: machine.forwarded(SSH_PORT),
        closedPort: machine.forwarded(CLOSED_PORT),
        deadlineMs: context.limitMs,
        signal,
      });
      const { stdout } = await shell
        .run('cat /proc/sys/kernel/random/boot_id', { deadlineMs: context.limitMs, signal })
        .catch(() => ({ stdout: '' })); // the old kernel took the connection down with it
      const bootId = stdout.trim();
      if (bootId !== '' && bootId !== this.#lastView?.bootId) {
        context.progress('the host answers');
        return shell;
      }
      await shell[Symbol.asyncDispose]();
      await this.#options.clock.sleep(500, signal);
    }
  }

  #layoutContext(context: StepContext): LayoutContext {
    return {
      shell: this.#shell(),
      deadlineMs: context.limitMs,
      signal: context.signal,
      progress: context.progress,
      guestScript: this.#options.guestScript,
    };
  }

  #machine(): Powered {
    if (this.#powered === null) throw new HostproofError('harness/internal', 'the machine is off');
    return this.#powered;
  }

  #shell(): Shell {
    const shell = this.#powered?.shell ?? null;
    if (shell === null) throw new HostproofError('harness/internal', 'the host has no shell');
    return shell;
  }
}

/** A host on a virtual machine: every verb, by a hypervisor, a console, a shell and a layout. */
import { HostproofError } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import type { HostState } from '../domain/checkpoint.ts';
import type { Json } from '../domain/json.ts';
import type { Args, Result, Verb } from '../domain/verb.ts';
import type { Clock } from '../ports/clock.ts';
import type { Connect } from '../ports/connect.ts';
import type { Files } from '../ports/files.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import type { Access, Host, StepContext, Thawed } from '../ports/host.ts';
import type { Images } from '../ports/images.ts';
import type { KickstartVolumes } from '../ports/kickstart-volumes.ts';
import type { Layout, UpdateRepository } from '../ports/layout.ts';
import type { Hypervisor } from '../ports/machine.ts';
import { all } from './all.ts';
import { Faults } from './faults.ts';
import { memoryLike } from './frozen-memory.ts';
import { hardware } from './hardware.ts';
import { GuestVerbs } from './guest-verbs.ts';
import { lastWords } from './last-words.ts';
import { install } from './installing.ts';
import { marksSteps } from './log-marks.ts';
import { inputsOf } from './outside.ts';
import { Power } from './power.ts';
import { Repository } from './repository.ts';
import { Wear } from './wear.ts';
import type { SeenSymptom } from './symptom-watch.ts';
import { upgrade } from './upgrading.ts';

export interface MachineHostOptions {
  readonly job: string;
  /** Directory of the job. */
  readonly dir: string;
  readonly memoryMiB: number;
  readonly disk: HostDisk;
  /** Of power cuts for which the story chooses none. */
  readonly seed: number;
  readonly diskBytes: number;
  readonly hypervisor: Hypervisor;
  readonly layout: Layout;
  readonly images: Images;
  readonly volumes: KickstartVolumes;
  readonly files: Files;
  readonly kickstart: (options: {
    readonly append: string;
    readonly volumeGroup: string | undefined;
  }) => string;
  /** Files that the firmware hands to the installed host, by name: what it is provisioned with when it first starts. */
  readonly firmwareFiles: Readonly<Record<string, string>>;
  readonly updates: UpdateRepository;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly guestScript: (path: string) => string;
  readonly emit: (body: EventBody) => void;
}

/** What QEMU and the console leave in the job's directory. */
const LOGS = ['console.log', 'qemu-command.txt', 'qmp.jsonl'];
const SCREENSHOT = 'screen.png';
/** Files of a host, and of a frozen one. */
const [VARIABLES, MEMORY] = ['vars.fd', 'memory'];
/** Of a frozen host only. */
const [STATE, REPOSITORY] = ['state', 'repository.json'];

/** Of a step in which no engine is at work. */
const NO_ENGINE = { bytesPlanned: 0, marks: {}, others: null };
/** In which the machine stops by itself, as it must. */
const STOPPING = { ...NO_ENGINE, stops: true };

const NOTHING_TO_WAIT_FOR: Thawed = { answers: Promise.resolve() };

/** A host that is not there yet, with what it does marked in the log of its disk. */
export function machineHost(options: MachineHostOptions): Host {
  return marksSteps(new MachineHost(options), options.disk);
}

class MachineHost implements Host {
  readonly machine = 'qemu';
  readonly #options: MachineHostOptions;
  #installed = false;
  readonly #wear: Wear;
  readonly #power: Power;
  readonly #guest: GuestVerbs;
  readonly #repository: Repository;
  readonly #faults: Faults;
  readonly #evidence = [...LOGS];

  constructor(options: MachineHostOptions) {
    this.#options = options;
    const { dir, disk, job, memoryMiB, connect, clock, firmwareFiles } = options;
    this.#wear = new Wear(options);
    this.#power = new Power({
      machine: {
        ...hardware(job, memoryMiB),
        ...{ dir, variablesFile: this.#variables, firmwareFiles },
      },
      memoryFile: `${dir}/${MEMORY}`,
      onSymptom: this.#onSymptom,
      ...{ disk, hypervisor: this.#wear, files: options.files, connect, clock },
    });
    this.#faults = new Faults({ ...options, power: this.#power });
    this.#repository = new Repository(options);
    this.#guest = new GuestVerbs({ ...options, power: this.#power, repository: this.#repository });
  }

  state(): HostState {
    return this.#installed ? this.#power.state : 'none';
  }

  async install(args: Args<'install'>, context: StepContext): Promise<Result<'install'>> {
    const { images, job, memoryMiB } = this.#options;
    const image = await images.built(args.image.image, 'installation', context.progress);
    await install(
      {
        ...this.#options,
        ...{ image, variables: this.#variables, kickstart: this.#kickstart(args) },
        hypervisor: { start: this.#wear.startToInstall },
        ...{ machine: hardware(job, memoryMiB), onSymptom: this.#onSymptom },
      },
      context,
    );
    this.#wear.reinstalled();
    this.#installed = true;
    return { content: { usr: image.content.usr } };
  }

  async boot(args: Args<'boot'>, context: StepContext): Promise<Result<'boot'>> {
    const { ends = 'up', fault } = args;
    const start = (context: StepContext): Promise<void> => this.#power.start(context);
    // what a disk does wrong from the first request on it must know before; all else waits for a machine that is on
    const isArmedBefore = fault?.strikes === 'disk' && ['start', 'bytes'].includes(fault.when.at);
    if (!isArmedBefore) await start(context);
    const work = ends === 'fallback' ? STOPPING : NO_ENGINE;
    const { ended, stamp } = await this.#faults.during(fault, work, context, async (context) => {
      if (isArmedBefore) await start(context);
      return this.#power.arrive(ends, context);
    });
    return { ...(ended ?? { ends: 'cut' }), ...(fault !== undefined && { stamp }) };
  }

  async reboot(args: Args<'reboot'>, context: StepContext): Promise<Result<'reboot'>> {
    const { ends = 'up', fault } = args;
    const restarted = async (context: StepContext): ReturnType<Power['arrive']> => {
      await this.#power.restart(context);
      return this.#power.arrive(ends, context);
    };
    const { ended, stamp } = await this.#faults.during(fault, NO_ENGINE, context, restarted);
    return { ...ended, ...(fault !== undefined && { stamp }) };
  }

  async select(args: Args<'select'>, context: StepContext): Promise<Result<'select'>> {
    const layer = context.lastView?.layers.findLast(({ version }) => version === args.version);
    const entry = context.lastView?.entries.find((candidate) => candidate.layer === layer?.id);
    if (context.lastView?.staged != null && layer?.id !== context.lastView.bootedLayer) {
      throw new HostproofError(
        'story/misuse',
        'what is staged changes the boot menu on the way down: reboot before something is selected',
      );
    }
    if (entry === undefined) {
      throw new HostproofError(
        'story/misuse',
        `no boot entry of version ${args.version} was seen so far`,
      );
    }
    await this.#power.restart(context);
    await this.#power.choose(entry.title, context);
    await this.#power.arrive('up', context);
    return { entry: entry.id };
  }

  async powerOff({ fault }: Args<'powerOff'>, context: StepContext): Promise<Result<'powerOff'>> {
    const { stamp } = await this.#faults.during(fault, STOPPING, context, (context) =>
      this.#power.off(context),
    );
    return fault === undefined ? {} : { stamp };
  }

  async powerCut({ seed }: Args<'powerCut'>): Promise<Result<'powerCut'>> {
    const unflushed = await this.#power.cut(seed ?? this.#options.seed);
    return unflushed === null ? {} : { unflushed };
  }

  upgrade(args: Args<'upgrade'>, context: StepContext): Promise<Result<'upgrade'>> {
    const { disk, layout } = this.#options;
    const [power, guest, faults] = [this.#power, this.#guest, this.#faults];
    const options = { layout, power, disk, guest, repository: this.#repository, faults };
    return upgrade(args, options, context);
  }

  async strike({ fault }: Args<'strike'>): Promise<Result<'strike'>> {
    return { stamp: await this.#wear.strike(fault, this.#variables) };
  }

  readonly rollback: Host['rollback'] = (...step) => this.#guest.rollback(...step);
  readonly write: Host['write'] = (...step) => this.#guest.write(...step);
  readonly remove: Host['remove'] = (...step) => this.#guest.remove(...step);
  readonly addUser: Host['addUser'] = (...step) => this.#guest.addUser(...step);
  readonly addKernelArgument: Host['addKernelArgument'] = (...step) =>
    this.#guest.addKernelArgument(...step);
  readonly installPackage: Host['installPackage'] = (...step) =>
    this.#guest.installPackage(...step);
  readonly fill: Host['fill'] = (...step) => this.#guest.fill(...step);
  readonly settle: Host['settle'] = (...step) => this.#guest.settle(...step);
  readonly read: Host['read'] = (...step) => this.#guest.read(...step);
  readonly digest: Host['digest'] = (...step) => this.#guest.digest(...step);
  readonly view: Host['view'] = (...step) => this.#guest.view(...step);

  inputs<V extends Exclude<Verb, 'view'>>(
    verb: V,
    args: Args<V>,
    { progress }: Pick<StepContext, 'progress'>,
  ): Promise<Json> {
    const kickstart = (): string => this.#kickstart(args as Args<'install'>);
    return inputsOf(verb, args, { images: this.#options.images, kickstart, progress });
  }

  async freeze(directory: string, { standsAlone = false } = {}): Promise<void> {
    const { dir, disk, files } = this.#options;
    await files.write(`${directory}/${REPOSITORY}`, this.#repository.toText());
    if (this.#power.state === 'off') await files.remove(`${dir}/${MEMORY}`);
    else await this.#power.freeze(`${directory}/${STATE}`);
    await disk.freeze(directory, standsAlone);
    await this.#wear.freeze(directory);
    for (const name of [VARIABLES, MEMORY]) {
      if (await files.exists(`${dir}/${name}`))
        await files.move(`${dir}/${name}`, `${directory}/${name}`);
    }
  }

  async thaw(directory: string, state: HostState, context: StepContext): Promise<Thawed> {
    const { dir, disk, files } = this.#options;
    const { willFreeze, progress } = context;
    this.#installed = state !== 'none';
    if (!this.#installed) return NOTHING_TO_WAIT_FOR;
    // all at once: a guest stands still meanwhile
    const [memory] = await all([
      memoryLike(`${directory}/${MEMORY}`, { willFreeze, copy: `${dir}/${MEMORY}` }, files),
      disk.thaw(directory),
      this.#wear.thaw(directory),
      files.copy(`${directory}/${VARIABLES}`, this.#variables),
      files
        .read(`${directory}/${REPOSITORY}`)
        .then((served) => this.#repository.restore(served ?? '[]', progress)),
    ]);
    if (state === 'off') return NOTHING_TO_WAIT_FOR;
    await this.#power.thaw(`${directory}/${STATE}`, memory);
    if (state !== 'running') return NOTHING_TO_WAIT_FOR;
    const answers = this.#power.answers(context);
    // whoever does not wait for it gets to know by the next step
    answers.catch(() => undefined);
    return { answers };
  }

  access(): Access | null {
    const { dir } = this.#options;
    const { machineIfOn: machine, sshPort } = this.#power;
    return machine === null || sshPort === null ? null : { machine, dir, sshPort };
  }

  async recordFailure(): Promise<void> {
    const file = `${this.#options.dir}/${SCREENSHOT}`;
    const machine = this.#power.machineIfOn;
    if (machine === null) return;
    await lastWords(machine, this.#options.clock);
    await machine.screenshot(file).then(
      () => this.#evidence.push(SCREENSHOT),
      () => undefined, // a machine that is gone has no screen, and its end is told elsewhere
    );
  }

  async evidence(): Promise<readonly string[]> {
    const { dir, files } = this.#options;
    const there = await Promise.all(this.#evidence.map((name) => files.exists(`${dir}/${name}`)));
    return this.#evidence.filter((_, index) => there[index]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#power[Symbol.asyncDispose]();
    await this.#options.disk[Symbol.asyncDispose]();
  }

  #kickstart({ append = '', volumeGroup }: Args<'install'>): string {
    return this.#options.kickstart({ append, volumeGroup });
  }

  get #variables(): string {
    return `${this.#options.dir}/${VARIABLES}`;
  }

  readonly #onSymptom = ({ symptom, line }: SeenSymptom): void => {
    const { emit, job } = this.#options;
    emit({ type: 'symptom', job, step: null, id: symptom.id, line });
  };
}

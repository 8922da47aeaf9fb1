/** A story: data and one function. */
import { z } from 'zod';
import type { BootFault, DiskFault, OffFault, PowerFault, UpgradeFault } from './fault.ts';
import { FIRMWARES, LAYOUTS, type ImageRef, type PackageName } from './image.ts';
import type { Prng } from './prng.ts';
import { STORAGES, type Disks } from './variant.ts';
import type { Filled } from './fillable.ts';
import type { BootEnd, Outcome, Results } from './verb.ts';
import type { HostView } from './view.ts';

/** Each holds the stories of those before it. */
export const SUITES = ['quick', 'smoke', 'full'] as const;
export type Suite = (typeof SUITES)[number];

/** Memory of a host unless its story says otherwise. */
export const MEMORY_MIB = 1024;

export const scenarioDataSchema = z
  .object({
    /** The sentence that the story proves. */
    title: z.string().min(10).max(120),
    layouts: z.array(z.enum(LAYOUTS)).min(1),
    /** Why it is not told on the other layouts: what they cannot do, or have no need to. */
    notOn: z.partialRecord(z.enum(LAYOUTS), z.string().min(10).max(200)).optional(),
    firmware: z.array(z.enum(FIRMWARES)).min(1),
    /** How the disk is laid out: the usual way unless said. */
    storage: z.array(z.enum(STORAGES)).min(1).optional(),
    suite: z.enum(SUITES),
    /** For a story whose disk must fail or lie; what the run says, unless said. */
    disks: z.literal('served' satisfies Disks).optional(),
    /** True for a story that only a machine can tell. */
    machineOnly: z.boolean().optional(),
    /** Families of images that the story needs: they are built for the stories that name them only. */
    families: z.array(z.string()).optional(),
    /** Ids of real defects, in `scenarios/bugs.yaml`, for which it would turn red as it is told here. */
    bugs: z.array(z.string().min(1)).min(1).optional(),
    /** Memory of the host in MiB. */
    memoryMiB: z.number().int().min(512).optional(),
  })
  .strict()
  .refine(
    ({ layouts, notOn }) =>
      LAYOUTS.every((layout) => layouts.includes(layout) !== (notOn?.[layout] !== undefined)),
    'every layout is either among `layouts`, or `notOn` says why not',
  );

export type ScenarioData = z.infer<typeof scenarioDataSchema>;

/** The host as a story drives it. Every method is one step. */
export interface StoryHost {
  /**
   * Installs with the default kickstart. `append`: further arguments of the kernel. `volumeGroup`: its name, where a layout has one;
   * `onn` unless said, which hosts that are started must have.
   */
  install(
    image: ImageRef,
    options?: { append?: string; volumeGroup?: string },
  ): Promise<Results['install']>;
  /** With a power cut or a reset the start ends there, and the host is off. */
  boot(options?: { ends?: BootEnd; fault?: BootFault }): Promise<Results['boot']>;
  /** A disk that fails does so on the way down as well as in the start. */
  reboot(options?: { ends?: BootEnd; fault?: DiskFault }): Promise<Results['reboot']>;
  /** Starts the host and chooses the entry of this version in the boot menu, as a person would. */
  select(version: string): Promise<Results['select']>;
  /** With a power cut or a reset it ends on the way down. */
  powerOff(options?: { fault?: PowerFault }): Promise<Results['powerOff']>;
  /** `seed` chooses what becomes of what was not flushed, on disks that can lose it: that of a host that is off may have some, too. */
  powerCut(options?: { seed?: number }): Promise<Results['powerCut']>;
  /**
   * `ends`: how the upgrade must end, or may, if there are several. Unless said: `done`; with a power cut, a reset or a reboot, `cut`; with room
   * that is taken, a line that fails, or a disk that answers with errors, `refused` or `failed`. A line that is slow, and a disk that is slow, lies, or is
   * gone for a while, fail nothing unless that is said.
   */
  upgrade(
    image: ImageRef,
    options?: { ends?: Outcome | Outcome[]; fault?: UpgradeFault },
  ): Promise<Results['upgrade']>;
  /** Something goes wrong with the host while it is off. */
  strike(fault: OffFault): Promise<Results['strike']>;
  /** Makes an older layer the default: the one before the running one, or the one of version `to`. */
  rollback(options?: { to?: string; ends?: 'done' | 'refused' }): Promise<Results['rollback']>;
  write(path: string, content: string): Promise<Results['write']>;
  remove(path: string): Promise<Results['remove']>;
  /** Makes an account with a group of its own; `groups`: others, which must exist. */
  addUser(name: string, options?: { groups?: string[] }): Promise<Results['addUser']>;
  /** From the next start of the running layer on. */
  addKernelArgument(argument: string): Promise<Results['addKernelArgument']>;
  /** Installs a package beside what the image has, as an administrator would. */
  installPackage(name: PackageName): Promise<Results['installPackage']>;
  /**
   * Fills the place where layers are kept until this many MiB are left; `where`: something else instead. `remove` of the file `filler`
   * in a directory gives its file system the space back.
   */
  fill(options: { leaveMiB: number; where?: Filled }): Promise<Results['fill']>;
  settle(): Promise<Results['settle']>;
  /** Content of a file as text; null if there is none. */
  read(path: string): Promise<string | null>;
  /** Digests of the whole content of every base, by name: the same as long as nobody wrote to it. Takes its time. */
  digest(): Promise<Results['digest']>;
  view(): Promise<HostView>;
}

/** What must be true now. A broken expectation is a finding. */
export interface Expect {
  /** The version that runs. */
  layer(version: string): void;
  /** What was refused was refused for this, in the words of the host: those of every layout must match. */
  reason(ended: Results['upgrade'] | Results['rollback'], words: RegExp): void;
  /**
   * What somebody else did meanwhile was answered with this, in the words of the host, or `status 0` if it said nothing: those of
   * every layout must match.
   */
  answer(ended: Results['upgrade'], words: RegExp): void;
  /** The version that starts by default. */
  defaultLayer(version: string): void;
  /** All the versions on the host, oldest first. */
  layers(...versions: string[]): void;
  file(path: string, content: string | null): Promise<void>;
  /** The kernel that runs was started with these, in this order. */
  kernelArguments(...args: string[]): void;
  /** No more space is taken than there was, give or take what running takes: a layer or a kernel too many shows. */
  spaceAsIn(view: HostView): void;
  /** The running layer has these accounts, among others. */
  users(...names: string[]): void;
}

export interface StoryContext {
  readonly host: StoryHost;
  readonly image: (name: string) => ImageRef;
  readonly expect: Expect;
  readonly random: Prng;
}

export interface Scenario {
  readonly data: ScenarioData;
  readonly story: (context: StoryContext) => Promise<void>;
}

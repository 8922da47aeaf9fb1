/** A virtual machine, whatever runs it. States are types: what cannot be done in a state cannot be called. */
import type { DiskRule, StruckRequest } from '../domain/disk-rule.ts';
import type { BootOrderChange, Unflushed } from '../domain/fault.ts';
import type { MachineConsole } from './console.ts';

/** A disk in an image file, or one that a disk server serves. */
export type DiskSpec = DiskCommon &
  (
    | {
        readonly file: string;
        readonly format: 'qcow2' | 'raw';
        readonly kind: 'disk' | 'cdrom';
      }
    | {
        readonly socket: string;
        /** The name that it is exported under; its id unless said. */
        readonly exportName?: string;
        readonly kind: 'disk';
        /** Rejects when the server cannot go on: then the machine is unfit. */
        readonly unfit: Promise<never>;
      }
  );

/** What was on a disk, and from which byte on. */
export interface TakenSectors {
  readonly offset: number;
  readonly sizeBytes: number;
  /** Base64. */
  readonly content: string;
}

interface DiskCommon {
  readonly id: string;
  readonly readOnly?: boolean;
  /** Lower boots earlier, whatever the firmware's variables say. Left out: as they say, and behind all that have one. */
  readonly bootIndex?: number;
}

export interface MachineSpec {
  readonly name: string;
  /** Working directory of the machine: sockets, logs, firmware variables. */
  readonly dir: string;
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly disks: readonly DiskSpec[];
  readonly firmware: 'uefi';
  /** File of this machine's firmware variables; made from the template if it does not exist. */
  readonly variablesFile: string;
  /** What its hardware clock says when it starts; that of the machine below unless said. */
  readonly hardwareClock?: Date;
  /** Direct boot of a kernel, past the firmware's boot loader: for development and benchmarks. */
  readonly kernel?: { readonly kernel: string; readonly initrd: string; readonly append: string };
  /** Ports of the guest that are reachable on 127.0.0.1. */
  readonly forward: readonly number[];
  /** Files that the firmware hands to the guest (QEMU's `fw_cfg`), by their name there, which begins with `opt/`. */
  readonly firmwareFiles?: Readonly<Record<string, string>>;
  /**
   * RAM in a file. `shared`: the machine writes to it and can be frozen; `private`: it is that of a frozen machine, and stays as it is.
   * The guest's clock stands still while it is frozen.
   */
  readonly memory?: { readonly file: string; readonly access: 'shared' | 'private' };
  /** Goes on from this state of a frozen machine that was the same, on files as they were then, instead of starting. */
  readonly stateFile?: string;
  /** A restart asked for by the guest ends the machine instead. */
  readonly stopOnReboot?: boolean;
  /** A unix socket for a VNC viewer. */
  readonly vncSocket?: string;
}

/** Why a machine stopped by itself. */
export type StopReason = 'shutdown' | 'reset' | 'panic' | 'io-error' | 'killed' | 'crashed';

export interface Stop {
  readonly reason: StopReason;
  readonly detail: string;
}

/** What a guest has had done by its disks. */
export interface BlockStatistics {
  readonly bytesWritten: number;
  readonly reads: number;
  readonly writes: number;
  readonly flushes: number;
}

export interface RunningMachine extends AsyncDisposable {
  readonly pid: number;
  readonly console: MachineConsole;
  /** Port on 127.0.0.1 that leads to this port of the guest. */
  readonly forwarded: (guestPort: number) => number;
  /** Resolves once, when the machine is no more. Never rejects. */
  readonly stopped: Promise<Stop>;
  /** Rejects with `env/io` when the machine below failed to write or read (no fault ordered it); never resolves. */
  readonly unfit: Promise<never>;
  /** Sum over the disks of the guest. */
  readonly blockStatistics: () => Promise<BlockStatistics>;
  /** Stops all processors, then kills: no flush, no goodbye. Resolves when the process is gone. */
  readonly powerCut: () => Promise<void>;
  /**
   * Stops it for good and writes its state; nothing may change its memory file, disks and firmware variables any more. Then any
   * number of machines can go on from here.
   */
  readonly freeze: (stateFile: string) => Promise<void>;
  /** The reset button. */
  readonly reset: () => Promise<void>;
  /** The power button, pressed once (ACPI). */
  readonly pressPowerButton: () => Promise<void>;
  /** Writes a PNG of the screen. */
  readonly screenshot: (file: string) => Promise<void>;
}

/** Disks that a process of their own serves, which keeps a log of all that is done to them: docs/disk-log.md. */
export interface ServedDisks extends AsyncDisposable {
  readonly socket: string;
  /** Rejects with `env/*` when it cannot go on; never resolves. */
  readonly unfit: Promise<never>;
  /** Drops who is connected, and lets nobody in until it is opened again. */
  readonly close: () => Promise<void>;
  readonly reopen: () => Promise<void>;
  /** Resolves when somebody is connected; with false if nobody has come after a while. */
  readonly attended: () => Promise<boolean>;
  /** Has the disks lie by a rule, until it is disarmed or used up. `onStruck` is called for each request that it strikes. */
  readonly arm: (rule: DiskRule, onStruck: (request: StruckRequest) => void) => Promise<Disarm>;
  /** Puts a text into the log, for whoever reads it later. */
  readonly mark: (text: string) => Promise<void>;
  /** The power goes away: what was not flushed is kept, lost or torn, as the seed says. No machine may use them. */
  readonly cut: (seed: number) => Promise<Unflushed>;
}

/** Resolves when all that the rule has struck was told. */
export type Disarm = () => Promise<void>;

/** Logs are named by a path without the ending of their files. */
export interface DiskServers {
  /** A log is a file with each of these endings. */
  readonly endings: readonly string[];
  readonly create: (
    log: string,
    disks: readonly { readonly name: string; readonly sizeBytes: number }[],
  ) => Promise<void>;
  /** A log that goes on from another, which must not change any more. */
  readonly fork: (log: string, below: string) => Promise<void>;
  /** Has a log hold all that it reads from those below. */
  readonly standAlone: (log: string) => Promise<void>;
  /** @throws HostproofError `env/*` when it cannot be served */
  readonly serve: (log: string) => Promise<ServedDisks>;
}

/** @throws HostproofError `env/*` when the machine cannot be started */
export interface Hypervisor {
  readonly start: (spec: MachineSpec) => Promise<RunningMachine>;
  readonly createDisk: (file: string, sizeBytes: number) => Promise<void>;
  /**
   * Firmware variables become those that a machine leaves the factory with. Resolves with the SHA-256 of those that are gone; null
   * if there was nothing to forget.
   */
  readonly forgetVariables: (file: string) => Promise<string | null>;
  /**
   * Firmware variables name the entries of installed systems behind all others that may boot something. Resolves with the order
   * before and after; null if there was nothing to change.
   */
  readonly putOwnEntryLast: (file: string) => Promise<BootOrderChange | null>;
  /** What a disk that no machine uses is called by its partition table; null if it has none. */
  readonly diskGuid: (disk: DiskSpec) => Promise<string | null>;
  /**
   * Takes away what is on the EFI system partition of a disk that no machine uses; it can be put back. Resolves with null if there
   * was nothing.
   */
  readonly emptyEsp: (disk: DiskSpec) => Promise<TakenSectors | null>;
  readonly putBack: (disk: DiskSpec, taken: TakenSectors) => Promise<void>;
  /** A new qcow2 file whose unwritten parts read through to `backing`, which must not change any more. */
  readonly overlayDisk: (file: string, backing: string) => Promise<void>;
  /** Has an overlay hold all that it reads through to others. */
  readonly standAlone: (file: string) => Promise<void>;
}

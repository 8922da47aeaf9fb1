/**
 * What a machine is made of, as plain data: the input of `arguments.ts`.
 *
 * Everything that decides how the guest sees its hardware is here, so that two descriptions that are equal
 * are the same machine (a checkpoint depends on it).
 */
export interface MachineDescription {
  /** Shown in the process list; no meaning beyond that. */
  readonly name: string;
  readonly accelerator: AcceleratorChoice;
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly firmware: FirmwareFiles;
  /** Boots this kernel directly, past the boot loader on the disks. */
  readonly kernel?: KernelBoot;
  /** In the order in which the guest finds them: the first one is `/dev/vda`. */
  readonly disks: readonly DiskDevice[];
  readonly cdroms?: readonly CdromDevice[];
  /** Files that the firmware hands to the guest (`fw_cfg`), by their name there: `opt/…`. */
  readonly firmwareFiles?: Readonly<Record<string, string>>;
  /** Absent: no network device at all. */
  readonly network?: NetworkDevice;
  readonly sockets: { readonly qmp: string; readonly serial: string };
  /** Absent: no graphics adapter (the serial console is the console). */
  readonly display?: DisplayDevice;
  /** What the hardware clock says at power-on; default: the time of the machine below, in UTC. */
  readonly rtc?: { readonly base: string; readonly clock: 'host' | 'vm' };
  /** RAM in a file: `share` writes to it (a checkpoint's origin), otherwise it is mapped copy-on-write (a fork). */
  readonly memoryFile?: { readonly file: string; readonly share: boolean };
  /** Waits for the state of another machine that was the same, instead of starting. */
  readonly isIncoming?: boolean;
  /** What a reboot of the guest does; default `reset`. */
  readonly onReboot?: 'reset' | 'shutdown';
}

export type AcceleratorChoice =
  | { readonly kind: 'kvm'; readonly cpuModel: string }
  | { readonly kind: 'tcg'; readonly cpuModel: string };

export type FirmwareFiles =
  | { readonly kind: 'bios' }
  | { readonly kind: 'uefi'; readonly codeFile: string; readonly varsFile: string };

export interface KernelBoot {
  readonly kernelFile: string;
  readonly initrdFile?: string;
  readonly append: string;
}

/** A disk in an image file, or one that a disk server serves. */
export type DiskDevice = DiskCommon & (ImageFile | ServedDisk);

export interface ImageFile {
  readonly file: string;
  readonly format: 'qcow2' | 'raw';
}

export interface ServedDisk {
  /** A path to the disk: a unix socket of a disk server. */
  readonly socket: string;
  /** The name that it is exported under; its id unless said. */
  readonly exportName?: string;
}

interface DiskCommon {
  /** Letters, digits and dashes; names the device in QMP and in the block statistics. */
  readonly id: string;
  /** At most 20 characters; the guest sees it in `/dev/disk/by-id/virtio-SERIAL`. */
  readonly serial?: string;
  readonly bootIndex?: number;
  readonly readOnly?: boolean;
  /**
   * `stop` freezes the guest on an I/O error of the machine below; `report` hands it to the guest. Default: `report` for a served
   * disk, whose errors are ordered, and `stop` for any other.
   */
  readonly onError?: 'stop' | 'report';
}

export interface CdromDevice {
  readonly id: string;
  readonly file: string;
  readonly bootIndex?: number;
}

export interface NetworkDevice {
  /** Six octets; fixed, so that a guest keeps its interface names. */
  readonly mac?: string;
  /** TCP ports of the guest that are reachable on 127.0.0.1; QEMU takes any free port for each. */
  readonly forwardedGuestPorts: readonly number[];
}

export interface DisplayDevice {
  readonly vncSocket?: string;
}

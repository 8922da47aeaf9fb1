/** From a machine description to QEMU's arguments. Pure: a test can read what a machine is started with. */
import { PHYSICAL_SECTOR_BYTES } from './disk-server/fate.ts';
import type {
  CdromDevice,
  DiskDevice,
  FirmwareFiles,
  ImageFile,
  MachineDescription,
  NetworkDevice,
  ServedDisk,
} from './description.ts';

/**
 * seccomp: no privileged, obsolete or resource-control system calls, and no further process. Plain `on` allows
 * all of these.
 */
const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

const MAC_DEFAULT = '52:54:00:12:34:56';
/** Under TCG, translated code is kept in this much memory; less means translating again. */
const TCG_CACHE_MIB = 512;
/** Numbers of PCIe root ports must differ; those of disks begin at 1. */
const CDROM_CHASSIS = 100;
/** Write-back through the page cache: a guest's flush is one of the file or server below, and is never left out. */
const WRITING = { cache: { direct: false, 'no-flush': false }, discard: 'unmap' };
/** For QEMU, 0 would mean that it never connects again. */
const RECONNECT_S = 5;
/** How long a machine that is switched on waits for a disk that is gone: QMP greets nobody before that, and is waited for longer. */
const OPEN_S = 15;

/**
 * The arguments of one machine: q35 without QEMU's default devices, with one PCIe root port per disk (OVMF
 * ignores `bootindex` of disks that share a port) and with a network that reaches nothing but forwarded ports.
 *
 * File names travel as JSON wherever QEMU takes JSON, and with doubled commas elsewhere, so no name can add an
 * option. The machine starts stopped: whoever starts it lets it run by QMP `cont`, with all listeners in place.
 */
export function qemuArguments(machine: MachineDescription): string[] {
  return [
    ...['-name', `guest=${escaped(machine.name)}`],
    ...['-no-user-config', '-nodefaults', '-display', 'none', '-S'],
    ...['-sandbox', SANDBOX],
    ...board(machine),
    ...firmware(machine.firmware),
    ...['-rtc', `base=${machine.rtc?.base ?? 'utc'},clock=${machine.rtc?.clock ?? 'host'}`],
    ...['-action', `reboot=${machine.onReboot ?? 'reset'},panic=none`],
    ...channels(machine),
    ...kernel(machine),
    ...Object.entries(machine.firmwareFiles ?? {}).flatMap(([name, file]) => [
      '-fw_cfg',
      `name=${escaped(name)},file=${escaped(file)}`,
    ]),
    ...['-object', json({ 'qom-type': 'rng-random', id: 'rng0', filename: '/dev/urandom' })],
    ...device({ driver: 'virtio-rng-pci', id: 'rng-device', rng: 'rng0' }),
    ...machine.disks.flatMap(disk),
    ...(machine.cdroms ?? []).flatMap(cdrom),
    ...(machine.network === undefined ? [] : network(machine.network)),
    ...display(machine),
    ...(machine.isIncoming === true ? ['-incoming', 'defer'] : []),
  ];
}

/** QEMU's option syntax ends a value at a comma; a doubled comma is a comma. */
export function escaped(value: string): string {
  return value.replaceAll(',', ',,');
}

function board(machine: MachineDescription): string[] {
  const { accelerator, memoryFile } = machine;
  const memory = `${String(machine.memoryMiB)}M`;
  // under one name, wherever it is: a state that holds it fits both
  const backend =
    memoryFile === undefined
      ? `memory-backend-ram,id=ram,size=${memory}`
      : `memory-backend-file,id=ram,size=${memory},mem-path=${escaped(memoryFile.file)},share=${memoryFile.share ? 'on' : 'off'}`;
  return [
    ...['-object', backend],
    ...['-machine', 'q35,dump-guest-core=off,memory-backend=ram'],
    ...[
      '-accel',
      accelerator.kind === 'kvm' ? 'kvm' : `tcg,thread=multi,tb-size=${String(TCG_CACHE_MIB)}`,
    ],
    ...['-cpu', accelerator.cpuModel],
    ...['-smp', String(machine.cpus)],
    ...['-m', memory],
  ];
}

function firmware(files: FirmwareFiles): string[] {
  if (files.kind === 'bios') return [];
  return [
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${escaped(files.codeFile)}`],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${escaped(files.varsFile)}`],
  ];
}

/** Both sockets are listened on by the harness before QEMU starts, so no byte is lost and no polling is needed. */
function channels({ sockets }: MachineDescription): string[] {
  return [
    ...['-chardev', `socket,id=qmp,path=${escaped(sockets.qmp)}`],
    ...['-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', `socket,id=serial,path=${escaped(sockets.serial)}`],
    ...['-serial', 'chardev:serial'],
  ];
}

function kernel({ kernel: boot }: MachineDescription): string[] {
  if (boot === undefined) return [];
  return [
    ...['-kernel', boot.kernelFile],
    ...(boot.initrdFile === undefined ? [] : ['-initrd', boot.initrdFile]),
    ...['-append', boot.append],
  ];
}

const SERVED = {
  // a power cut tears writes between them
  physical_block_size: PHYSICAL_SECTOR_BYTES,
  // what QEMU guesses of any large disk; to guess, it reads the first sector, which would be taken for the guest's first read
  ...{ cyls: 16383, heads: 16, secs: 63 },
};

function disk(disk: DiskDevice, index: number): string[] {
  const port = `port-${disk.id}`;
  const onError = disk.onError ?? ('socket' in disk ? 'report' : 'stop');
  return [
    ...('socket' in disk ? servedBlockdev(disk) : blockdev(disk.id, disk, disk.readOnly ?? false)),
    ...device({ driver: 'pcie-root-port', id: port, chassis: index + 1 }),
    ...device({
      driver: 'virtio-blk-pci',
      id: `disk-${disk.id}`,
      bus: port,
      drive: disk.id,
      serial: disk.serial,
      bootindex: disk.bootIndex,
      ...('socket' in disk && SERVED),
      // The guest sees a volatile write cache, and has to flush it, as with a real disk.
      'write-cache': 'on',
      werror: onError,
      rerror: onError,
    }),
  ];
}

/** On virtio-scsi: kernels made for clouds have a driver for it, and none for the AHCI controller of q35. */
function cdrom(cdrom: CdromDevice, index: number): string[] {
  const port = `port-${cdrom.id}`;
  const controller = `scsi-${cdrom.id}`;
  return [
    ...blockdev(cdrom.id, { file: cdrom.file, format: 'raw' }, true),
    ...device({ driver: 'pcie-root-port', id: port, chassis: CDROM_CHASSIS + index }),
    ...device({ driver: 'virtio-scsi-pci', id: controller, bus: port }),
    ...device({
      driver: 'scsi-cd',
      id: `cdrom-${cdrom.id}`,
      bus: `${controller}.0`,
      drive: cdrom.id,
      bootindex: cdrom.bootIndex,
    }),
  ];
}

function blockdev(id: string, { file, format }: ImageFile, readOnly: boolean): string[] {
  const shared = { 'read-only': readOnly, ...WRITING };
  const node = {
    driver: format,
    'node-name': id,
    ...shared,
    file: { driver: 'file', filename: file, ...shared },
  };
  return ['-blockdev', json(node)];
}

function servedBlockdev({
  id,
  exportName = id,
  socket,
  readOnly = false,
}: DiskDevice & ServedDisk): string[] {
  const node = {
    driver: 'nbd',
    'node-name': id,
    'read-only': readOnly,
    ...WRITING,
    server: { type: 'unix', path: socket },
    export: exportName,
    // a disk that is gone may come back; what is asked of it meanwhile fails after this
    'reconnect-delay': RECONNECT_S,
    'open-timeout': OPEN_S,
  };
  return ['-blockdev', json(node)];
}

/** `restrict` cuts the guest off from everything, the machine below included; forwards still lead in. */
function network({ mac, forwardedGuestPorts }: NetworkDevice): string[] {
  const hostfwd = forwardedGuestPorts.map((port) => ({ str: `tcp:127.0.0.1:0-:${String(port)}` }));
  return [
    ...['-netdev', json({ type: 'user', id: 'net0', restrict: true, hostfwd })],
    ...device({
      driver: 'virtio-net-pci',
      id: 'nic0',
      netdev: 'net0',
      mac: mac ?? MAC_DEFAULT,
      // No option ROM: nothing here boots from the network.
      romfile: '',
    }),
  ];
}

function display({ display: adapter }: MachineDescription): string[] {
  if (adapter === undefined) return [];
  return [
    ...device({ driver: 'VGA', id: 'vga0' }),
    ...(adapter.vncSocket === undefined ? [] : ['-vnc', `unix:${escaped(adapter.vncSocket)}`]),
  ];
}

function device(properties: Record<string, string | number | undefined>): string[] {
  return ['-device', json(properties)];
}

/** JSON.stringify leaves members out that are undefined, which is what an absent property means. */
function json(value: object): string {
  return JSON.stringify(value);
}

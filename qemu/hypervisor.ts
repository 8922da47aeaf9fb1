/** QEMU behind the harness's hypervisor port. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Hypervisor, MachineSpec, RunningMachine } from '../harness/ports/machine.ts';
import { cachedAccelerator } from './accelerator-cache.ts';
import type { AcceleratorVerdict } from './accelerator.ts';
import type { MachineDescription } from './description.ts';
import { createDisk, overlayDisk, standAlone } from './disks.ts';
import { diskGuid } from './disk-guid.ts';
import { emptyEsp, putBack } from './empty-esp.ts';
import {
  ensureVariables,
  findFirmware,
  forgetVariables,
  putOwnEntryLast,
  type Firmware,
} from './firmware.ts';
import { startMachine, type StartOptions } from './start.ts';
import { findQemu, requireProgram, type QemuBuild } from './version.ts';

export interface QemuHypervisorOptions {
  /** Keeps what need not be found out again on every run. */
  readonly cacheDirectory: string;
}

export interface Platform {
  /** Its version. */
  readonly qemu: string;
  /** Binary and what tells it from another build. */
  readonly build: string;
  readonly accelerator: string;
  /** Why it is this accelerator. */
  readonly reason: string;
  readonly cpu: string;
  /** File of the firmware's code. */
  readonly firmware: string;
  /** File that firmware variables begin as. */
  readonly variables: string;
}

/** What this machine offers, found out once per hypervisor. */
interface Installation {
  readonly build: QemuBuild;
  readonly version: string;
  readonly qemuBinary: string;
  readonly setprivBinary: string;
  readonly accelerator: AcceleratorVerdict;
  readonly firmware: Firmware;
}

export class QemuHypervisor implements Hypervisor {
  readonly #options: QemuHypervisorOptions;
  #installation: Promise<Installation> | undefined;

  constructor(options: QemuHypervisorOptions) {
    this.#options = options;
  }

  readonly createDisk = createDisk;
  readonly standAlone = standAlone;
  readonly putOwnEntryLast = putOwnEntryLast;
  readonly diskGuid = diskGuid;
  readonly emptyEsp = emptyEsp;
  readonly putBack = putBack;
  readonly overlayDisk = (file: string, backing: string): Promise<void> =>
    overlayDisk(file, backing);

  readonly forgetVariables = async (file: string): Promise<string | null> =>
    forgetVariables(file, (await this.#found()).firmware);

  /** Which accelerator the machines run under, and why. */
  async accelerator(): Promise<AcceleratorVerdict> {
    return (await this.#found()).accelerator;
  }

  /** What the machines run on, for reports and for keys of what is kept. */
  async platform(): Promise<Platform> {
    const { qemuBinary, build, version, accelerator, firmware } = await this.#found();
    return {
      qemu: `QEMU ${version}`,
      build: `${qemuBinary} ${String(build.sizeBytes)} ${String(build.modifiedMs)}`,
      accelerator: accelerator.kind,
      reason: accelerator.reason,
      cpu: accelerator.cpuModel,
      firmware: firmware.codeFile,
      variables: firmware.varsTemplate,
    };
  }

  readonly start = async (spec: MachineSpec): Promise<RunningMachine> => {
    const { qemuBinary, setprivBinary, accelerator, firmware } = await this.#found();
    await mkdir(spec.dir, { recursive: true });
    await ensureVariables(spec.variablesFile, firmware);
    const machine = await startMachine({
      qemuBinary,
      setprivBinary,
      directory: spec.dir,
      machine: describe(spec, accelerator, firmware),
      ...(spec.stateFile === undefined ? {} : { stateFile: spec.stateFile }),
    });
    for (const disk of spec.disks) if ('unfit' in disk) disk.unfit.catch(machine.declareUnfit);
    return machine;
  };

  #found(): Promise<Installation> {
    this.#installation ??= this.#find();
    return this.#installation;
  }

  async #find(): Promise<Installation> {
    const build = await findQemu();
    const [setprivBinary, firmware] = await Promise.all([
      requireProgram('setpriv', 'util-linux'),
      findFirmware(),
    ]);
    const probe = { qemuBinary: build.binary, setprivBinary };
    const cacheFile = join(this.#options.cacheDirectory, 'accelerator.json');
    const { version, verdict } = await cachedAccelerator(cacheFile, build, probe);
    return { ...probe, build, version, firmware, accelerator: verdict };
  }
}

function describe(
  spec: MachineSpec,
  { kind, cpuModel }: AcceleratorVerdict,
  firmware: Firmware,
): StartOptions['machine'] {
  const disks = spec.disks.filter((disk) => disk.kind === 'disk');
  const cdroms = spec.disks.flatMap((disk) => (disk.kind === 'cdrom' ? [disk] : []));
  return {
    name: spec.name,
    accelerator: { kind, cpuModel },
    memoryMiB: spec.memoryMiB,
    cpus: spec.cpus,
    firmware: { kind: 'uefi', codeFile: firmware.codeFile, varsFile: spec.variablesFile },
    disks: disks.map(({ kind: _kind, ...disk }) => ({ ...disk, serial: disk.id })),
    cdroms: cdroms.map(({ id, file, bootIndex }) => ({
      id,
      file,
      ...(bootIndex === undefined ? {} : { bootIndex }),
    })),
    onReboot: spec.stopOnReboot === true ? 'shutdown' : 'reset',
    ...(spec.kernel === undefined
      ? {}
      : {
          kernel: {
            kernelFile: spec.kernel.kernel,
            initrdFile: spec.kernel.initrd,
            append: spec.kernel.append,
          },
        }),
    ...(spec.memory === undefined ? {} : remembered(spec.memory)),
    rtc: clockOf(spec),
    ...(spec.firmwareFiles === undefined ? {} : { firmwareFiles: spec.firmwareFiles }),
    network: { forwardedGuestPorts: spec.forward },
    // Always: a foreign medium may show its errors there only, and a screenshot is evidence.
    display: spec.vncSocket === undefined ? {} : { vncSocket: spec.vncSocket },
  };
}

function remembered({
  file,
  access,
}: NonNullable<MachineSpec['memory']>): Pick<MachineDescription, 'memoryFile'> {
  return { memoryFile: { file, share: access === 'shared' } };
}

/** That of a machine that can be frozen stands still with it: no timer of the guest fires because it was frozen. */
function clockOf({ memory, hardwareClock }: MachineSpec): NonNullable<MachineDescription['rtc']> {
  // QEMU takes a time of UTC without saying so, and without fractions of a second
  const base = hardwareClock?.toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length) ?? 'utc';
  return { base, clock: memory === undefined ? 'host' : 'vm' };
}

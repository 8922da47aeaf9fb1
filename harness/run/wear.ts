/**
 * What has befallen a host's hardware and lasts: it is part of the host's state, and its machines are started with it. What befalls
 * firmware variables is in their file.
 */
import { z } from 'zod';
import { HostproofError } from '../domain/errors.ts';
import {
  BACK_YEARS_MAX,
  type BayFault,
  type ClockFault,
  type EspFault,
  type FaultStamp,
  type FirmwareFault,
  type OffFault,
} from '../domain/fault.ts';
import { canonical } from '../domain/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { Files } from '../ports/files.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import type { Hypervisor, MachineSpec } from '../ports/machine.ts';

const wornSchema = z.strictObject({
  /** Its hardware clock is so many years behind. */
  backYears: z.number().int().nonnegative(),
  /** What starts first is what the firmware's variables say, and nothing else. */
  isOrderedByFirmware: z.boolean(),
  /** What was taken from its EFI system partition, to be given back. */
  taken: z
    .strictObject({
      offset: z.number().int().positive(),
      sizeBytes: z.number().int().positive(),
      content: z.base64(),
    })
    .nullable(),
});
const NEW = { backYears: 0, isOrderedByFirmware: false, taken: null };

/** Of a frozen host that is not as new. */
const FILE = 'wear.json';

interface WearOptions {
  readonly hypervisor: Hypervisor;
  readonly disk: Pick<HostDisk, 'spec' | 'second' | 'moveOver'>;
  readonly diskBytes: number;
  readonly clock: Pick<Clock, 'wallTime'>;
  readonly files: Pick<Files, 'read' | 'write'>;
}

export class Wear {
  readonly #options: WearOptions;
  #worn: z.infer<typeof wornSchema> = NEW;

  constructor(options: WearOptions) {
    this.#options = options;
  }

  /** @param variables file of the host's firmware variables */
  async strike(fault: OffFault, variables: string): Promise<FaultStamp | null> {
    if (fault.strikes === 'firmware') return await this.#strikeFirmware(fault, variables);
    if (fault.strikes === 'esp') return await this.#strikeEsp(fault);
    if (fault.strikes === 'bay') return await this.#strikeBay(fault);
    return this.#strikeClock(fault);
  }

  /** Starts a machine of this host. */
  readonly start: Hypervisor['start'] = (spec) => {
    const on = this.#on(spec);
    const { second } = this.#options.disk;
    const disks = second === null ? on.disks : [...on.disks, second];
    return this.#options.hypervisor.start({ ...on, disks });
  };

  /** The same to install it: whoever does that has taken the second disk out. */
  readonly startToInstall: Hypervisor['start'] = (spec) =>
    this.#options.hypervisor.start(this.#on(spec));

  /** What was taken from its disk does not belong there any more. */
  reinstalled(): void {
    this.#worn = { ...this.#worn, taken: null };
  }

  async freeze(directory: string): Promise<void> {
    if (canonical(this.#worn) !== canonical(NEW))
      await this.#options.files.write(`${directory}/${FILE}`, JSON.stringify(this.#worn));
  }

  async thaw(directory: string): Promise<void> {
    const text = await this.#options.files.read(`${directory}/${FILE}`);
    this.#worn = text === null ? NEW : wornSchema.parse(JSON.parse(text));
  }

  async #strikeFirmware(
    { fault, does }: FirmwareFault,
    variables: string,
  ): Promise<FaultStamp | null> {
    const { hypervisor } = this.#options;
    if (does === 'forget') {
      const sha256 = await hypervisor.forgetVariables(variables);
      return sha256 === null ? null : { fault, sha256 };
    }
    const bootOrder = await hypervisor.putOwnEntryLast(variables);
    if (bootOrder === null) return null;
    // a machine that says which disk comes first has firmware write its order anew at each start
    this.#worn = { ...this.#worn, isOrderedByFirmware: true };
    return { fault, bootOrder };
  }

  #strikeClock({ fault, backYears }: ClockFault): FaultStamp {
    const from = this.#clockSays();
    const years = this.#worn.backYears + backYears;
    if (years > BACK_YEARS_MAX) {
      const message = `the clock would be ${years.toString()} years behind, and can be ${BACK_YEARS_MAX.toString()}`;
      throw new HostproofError('story/misuse', message);
    }
    this.#worn = { ...this.#worn, backYears: years };
    return { fault, clock: { from: from.toISOString(), to: this.#clockSays().toISOString() } };
  }

  async #strikeEsp({ fault, does }: EspFault): Promise<FaultStamp | null> {
    const { disk, hypervisor } = this.#options;
    if (does === 'empty') {
      const taken = await hypervisor.emptyEsp(disk.spec);
      if (taken === null) return null;
      this.#worn = { ...this.#worn, taken };
      return { fault, esp: { offset: taken.offset, sizeBytes: taken.sizeBytes } };
    }
    const { taken } = this.#worn;
    if (taken === null) return null;
    await hypervisor.putBack(disk.spec, taken);
    this.#worn = { ...this.#worn, taken: null };
    return { fault, esp: { offset: taken.offset, sizeBytes: taken.sizeBytes } };
  }

  async #strikeBay({ fault }: BayFault): Promise<FaultStamp | null> {
    const { disk, diskBytes, hypervisor } = this.#options;
    if (disk.second !== null) throw new HostproofError('story/misuse', 'it has a second disk');
    const guid = await hypervisor.diskGuid(disk.spec);
    // with nothing on it, it is no old installation
    if (guid === null) return null;
    await disk.moveOver(diskBytes);
    this.#worn = { ...this.#worn, taken: null };
    return { fault, diskGuid: guid };
  }

  #on(spec: MachineSpec): MachineSpec {
    const { backYears, isOrderedByFirmware } = this.#worn;
    const disks = isOrderedByFirmware ? spec.disks.map(unordered) : spec.disks;
    return { ...spec, disks, ...(backYears > 0 && { hardwareClock: this.#clockSays() }) };
  }

  #clockSays(): Date {
    const time = this.#options.clock.wallTime();
    time.setUTCFullYear(time.getUTCFullYear() - this.#worn.backYears);
    return time;
  }
}

/** A medium still comes first: whoever puts it in chooses it. */
function unordered(disk: MachineSpec['disks'][number]): MachineSpec['disks'][number] {
  if (disk.kind === 'cdrom') return disk;
  const { bootIndex: _, ...rest } = disk;
  return rest;
}

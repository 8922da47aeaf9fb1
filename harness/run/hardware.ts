/** What every machine of a job has in common, while it installs and while it lives. */
import type { MachineSpec } from '../ports/machine.ts';

export function hardware(
  name: string,
  memoryMiB: number,
): Pick<MachineSpec, 'name' | 'memoryMiB' | 'cpus' | 'firmware'> {
  return { name, memoryMiB, cpus: 1, firmware: 'uefi' };
}

/** The power of a host whose machines follow a script, and steps of it that nobody limits. */
import type { StepContext } from '../../ports/host.ts';
import { Power, type PowerOptions } from '../../run/power.ts';

const never = <T>(): Promise<T> => new Promise(() => undefined);

export const STEP: StepContext = {
  limitMs: 60_000,
  signal: new AbortController().signal,
  progress: () => undefined,
  ...{ lastView: null, willFreeze: false, recalled: () => undefined, aside: never },
};

export function scriptedPower(
  parts: Pick<PowerOptions, 'hypervisor' | 'connect' | 'clock'> & Partial<PowerOptions>,
): Power {
  return new Power({
    machine: { name: 'host', dir: '/run', memoryMiB: 512, cpus: 1, firmware: 'uefi' } as never,
    memoryFile: '/run/memory',
    disk: { spec: {} as never, cut: () => Promise.resolve(null), mark: () => Promise.resolve() },
    files: { remove: () => Promise.resolve() },
    onSymptom: () => undefined,
    ...parts,
  });
}

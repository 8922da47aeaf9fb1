/** What a simulated host keeps on its disk: everything that outlives a power cut. */
import { HostproofError } from '../domain/errors.ts';
import type { ImageFacts } from '../domain/image.ts';

export interface SimLayer {
  readonly id: string;
  readonly version: string;
  readonly base: string;
  /** Files of the layer that the simulation knows, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly packages: readonly string[];
  /** Version of the image that an upgrade made it of; null if it was installed. */
  readonly update: string | null;
  readonly rootOfFstab: string | null;
  readonly users: readonly string[];
}

export interface SimEntry {
  readonly layer: string;
  readonly arguments: readonly string[];
  readonly boots: 'up' | 'panic';
}

export interface SimDisk {
  readonly poolMiB: number;
  /** Space that `fill` took. */
  readonly filledMiB: number;
  readonly bases: readonly string[];
  readonly layers: readonly SimLayer[];
  /** Volumes of an upgrade that has not come to its end. */
  readonly incomplete: readonly string[];
  readonly kernels: readonly string[];
  readonly entries: readonly SimEntry[];
  readonly defaultLayer: string | null;
  /** What runs again when the default has not started well since it became that. */
  readonly fallback: string | null;
  /** On its EFI system partition. */
  readonly hasLoader: boolean;
  readonly shared: Readonly<Record<string, string>>;
  readonly machineId: string;
  readonly hostKeys: readonly string[];
}

/** Space that one unpacked image takes. */
export const TREE_MIB = 450;
const POOL_MIB = 7000;
export const KERNEL_MIB = 40;
export const BOOT_MIB = 1000;

export function usedMiB(disk: SimDisk): number {
  return disk.filledMiB + TREE_MIB * (disk.bases.length + disk.incomplete.length);
}

export function freeMiB(disk: SimDisk): number {
  return disk.poolMiB - usedMiB(disk);
}

/** As an installation leaves it. */
export function installedDisk(
  { nvr, version, files }: ImageFacts,
  given: Pick<SimLayer, 'users'> & Pick<SimEntry, 'arguments'>,
): SimDisk {
  const id = `${nvr}+1`;
  const layer = { id, version, base: nvr, files, users: given.users, rootOfFstab: id };
  return {
    poolMiB: POOL_MIB,
    filledMiB: 0,
    bases: [nvr],
    layers: [{ ...layer, packages: [], update: null }],
    incomplete: [],
    kernels: [id],
    entries: [{ layer: id, arguments: given.arguments, boots: 'up' }],
    defaultLayer: id,
    fallback: null,
    hasLoader: true,
    shared: {},
    machineId: 'simulated',
    hostKeys: ['simulated'],
  };
}

/** The layer that the boot menu offers as this version. */
export function layerOf({ layers }: SimDisk, version: string): SimLayer {
  const layer = layers.find((candidate) => candidate.version === version);
  if (layer !== undefined) return layer;
  throw new HostproofError('host/never', `the boot menu has no entry of version ${version}`);
}

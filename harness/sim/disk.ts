/** What a simulated host keeps on its disk: everything that outlives a power cut. */
import { HostproofError } from '../domain/errors.ts';
import type { ImageFacts } from '../domain/image.ts';
import { fillerIn, type Filled, type Filling } from '../domain/fillable.ts';
import type { Args } from '../domain/verb.ts';

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
  /** Space that `fill` took of the pool. */
  readonly filledMiB: number;
  /** What it took of file systems, by the file that has it. */
  readonly fillers: Readonly<Record<string, number>>;
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
export const METADATA_MIB = 32;
/** What there is of each, if nothing of `fill` is in it. */
const SIZES_MIB = { '/': 2000, '/boot/efi': 500, '/var': 2000, 'pool-metadata': METADATA_MIB };

export function usedMiB(disk: SimDisk): number {
  return disk.filledMiB + TREE_MIB * (disk.bases.length + disk.incomplete.length);
}

/** What is left of the pool, or of the file system of that directory. */
export function freeMiB(disk: SimDisk, where?: Filled): number {
  if (where === undefined) return disk.poolMiB - usedMiB(disk);
  if (where === '/boot') return BOOT_MIB - bootUsedMiB(disk);
  return SIZES_MIB[where] - (disk.fillers[fillerIn(where)] ?? 0);
}

export function bootUsedMiB({ kernels, fillers }: SimDisk): number {
  return KERNEL_MIB * kernels.length + (fillers[fillerIn('/boot')] ?? 0);
}

/** The disk when `fill` was done. */
export function filledDisk(
  disk: SimDisk,
  { leaveMiB, where }: Args<'fill'>,
): Filling & { readonly disk: SimDisk } {
  const takenMiB = Math.max(0, freeMiB(disk, where) - leaveMiB);
  const filled = taken(disk, takenMiB, where);
  return { takenMiB, leftMiB: freeMiB(filled, where), disk: filled };
}

function taken(disk: SimDisk, takenMiB: number, where?: Filled): SimDisk {
  if (where === undefined) return { ...disk, filledMiB: disk.filledMiB + takenMiB };
  const filler = fillerIn(where);
  return {
    ...disk,
    fillers: { ...disk.fillers, [filler]: (disk.fillers[filler] ?? 0) + takenMiB },
  };
}

/** If the path is that of a file that has space, the space is there again. */
export function withoutFiller(disk: SimDisk, path: string): SimDisk {
  const { [path]: _given, ...fillers } = disk.fillers;
  return { ...disk, fillers };
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
    fillers: {},
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

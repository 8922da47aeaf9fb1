/** The effects of a thin upgrade, one by one, so that a cut can fall between any two. */
import type { Moment } from '../domain/moment.ts';
import type { ImageFacts } from '../domain/image.ts';
import {
  freeMiB,
  KERNEL_MIB,
  METADATA_MIB,
  TREE_MIB,
  type SimDisk,
  type SimLayer,
} from './disk.ts';

export type Effect = (disk: SimDisk) => SimDisk;

const IMAGES_TO_KEEP = 2;
/** Share of the pool that an upgrade leaves alone. */
const RESERVE = 0.1;
const METADATA_RESERVE = 0.2;

/** What an update takes until it is installed. */
const DOWNLOAD_MIB = 200;

/** Why no host takes such an image. */
const REFUSED: Readonly<Partial<Record<NonNullable<ImageFacts['wrong']>, string>>> = {
  truncated: 'the image is cut short',
  'bit-flipped': 'the image is damaged',
  'wrong-digest': 'the image is another one',
  'no-initramfs': 'the image has no initramfs',
  'other-layout': 'the image is one of another layout',
  'no-etc': 'the image has no /etc',
  older: 'the image is older than what runs',
};

export function refusal(disk: SimDisk, image: ImageFacts): string | null {
  const why = image.wrong === null ? undefined : REFUSED[image.wrong];
  if (why !== undefined) return why;
  if (disk.layers.some((layer) => layer.base === image.nvr) && !isDefault(disk, image))
    return `${image.nvr} is installed already`;
  const full = (['/', '/var'] as const).find((place) => freeMiB(disk, place) < DOWNLOAD_MIB);
  if (full !== undefined) return `not enough space in ${full}`;
  if (freeMiB(disk, 'pool-metadata') < METADATA_MIB * METADATA_RESERVE)
    return "not enough space in the pool's metadata";
  const clean = cleanUp(disk);
  if (freeMiB(clean, '/boot') < KERNEL_MIB) return 'not enough space in /boot';
  if (freeMiB(clean) < TREE_MIB + clean.poolMiB * RESERVE) return 'not enough space in the pool';
  return null;
}

/** An upgrade to what starts by default already has nothing to do. */
function isDefault({ defaultLayer, layers }: SimDisk, { nvr }: ImageFacts): boolean {
  return layers.some(({ id, base }) => id === defaultLayer && base === nvr);
}

export function effects(
  before: SimDisk,
  running: SimLayer,
  oldImage: ImageFacts,
  image: ImageFacts,
): Effect[] {
  if (isDefault(before, image)) return [];
  const layer: SimLayer = {
    id: `${image.nvr}+1`,
    version: image.version,
    base: image.nvr,
    files: carryOver(oldImage.files, running.files, image.files),
    packages: running.packages,
    update: image.version,
    rootOfFstab: `${image.nvr}+1`,
    users: running.users,
  };
  const boots = image.wrong === 'panics' ? 'panic' : 'up';
  return [
    cleanUp,
    (disk) => ({ ...disk, incomplete: [image.nvr] }),
    (disk) => ({ ...disk, incomplete: [image.nvr, layer.id] }),
    (disk) => ({ ...disk, kernels: [...disk.kernels, layer.id] }),
    (disk) => ({
      ...disk,
      incomplete: [],
      bases: [...disk.bases, image.nvr],
      layers: [...disk.layers, layer],
      entries: [{ layer: layer.id, arguments: argumentsOf(disk, running), boots }, ...disk.entries],
    }),
    (disk) => ({ ...disk, defaultLayer: layer.id, fallback: running.id }),
    (disk) => collect(disk, [running.id, layer.id]),
  ];
}

/** Removes what an interrupted upgrade left. */
function cleanUp(disk: SimDisk): SimDisk {
  const layers = new Set(disk.layers.map((layer) => layer.id));
  return { ...disk, incomplete: [], kernels: disk.kernels.filter((kernel) => layers.has(kernel)) };
}

function argumentsOf(disk: SimDisk, running: SimLayer): readonly string[] {
  return disk.entries.find((entry) => entry.layer === running.id)?.arguments ?? [];
}

/** Modified files are kept, deleted ones stay deleted, unmodified ones come from the new image. */
function carryOver(
  oldImage: Readonly<Record<string, string>>,
  running: Readonly<Record<string, string>>,
  newImage: Readonly<Record<string, string>>,
): Record<string, string> {
  const paths = new Set([...Object.keys(running), ...Object.keys(newImage)]);
  const merged: Record<string, string> = {};
  for (const path of paths) {
    const modified = path.startsWith('/etc/') && running[path] !== oldImage[path];
    const content = modified ? running[path] : newImage[path];
    if (content !== undefined) merged[path] = content;
  }
  return merged;
}

function collect(disk: SimDisk, keep: readonly string[]): SimDisk {
  const kept = disk.layers.filter(
    (layer, index) => keep.includes(layer.id) || index >= disk.layers.length - IMAGES_TO_KEEP,
  );
  const ids = new Set(kept.map((layer) => layer.id));
  const bases = new Set(kept.map((layer) => layer.base));
  return {
    ...disk,
    layers: kept,
    bases: disk.bases.filter((base) => bases.has(base)),
    kernels: disk.kernels.filter((kernel) => ids.has(kernel)),
    entries: disk.entries.filter((entry) => ids.has(entry.layer)),
  };
}

/** How many of the effects come to pass. */
export function cutAfter(when: Moment, count: number): number {
  return when.at === 'fraction' ? Math.floor(when.fraction * count) : 1;
}

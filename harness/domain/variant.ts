/** One point of layout, firmware and storage that a story can be told on. */
import { FIRMWARES, LAYOUTS, type Firmware, type LayoutId } from './image.ts';

/** How the disk of a host is laid out; the first is what a host has unless a story or a person asks for another. */
export const STORAGES = ['ext4-boot', 'xfs-boot'] as const;
export type Storage = (typeof STORAGES)[number];

/**
 * What the disk of a host is kept in. `image`: a file that forgets nothing. `served`: by a process of its own, with a log of all that
 * is done to it; after a power cut, what was not flushed may be gone.
 */
export const DISKS = ['image', 'served'] as const;
export type Disks = (typeof DISKS)[number];

export interface Variant {
  readonly layout: LayoutId;
  readonly firmware: Firmware;
  readonly storage: Storage;
}

/** All there are: those of one layout together, what is usual first. */
export const VARIANTS: readonly Variant[] = LAYOUTS.flatMap((layout) =>
  FIRMWARES.flatMap((firmware) => STORAGES.map((storage) => ({ layout, firmware, storage }))),
);

/** `thin-uefi`; storage is named where it is not the usual one: `thin-uefi-xfs-boot`. */
export function variantName({ layout, firmware, storage }: Variant): string {
  return storage === STORAGES[0] ? `${layout}-${firmware}` : `${layout}-${firmware}-${storage}`;
}

/** What a probe observed of a running host, the same shape for every layout. */
import { z } from 'zod';

/** Guest output is hostile: every text in a view is bounded before it is kept. */
const text = z.string().max(4096);
const list = <T extends z.ZodType>(item: T) => z.array(item).max(512).readonly();

const bootEntrySchema = z.object({
  /** Name of the entry as the boot loader knows it. */
  id: text,
  title: text,
  /** The layer whose root volume the entry's kernel arguments name; null if they name none. */
  layer: text.nullable(),
  kernelPresent: z.boolean(),
  initramfsPresent: z.boolean(),
  /** The volume (or deployment) that the entry leads to exists. */
  rootPresent: z.boolean(),
  arguments: list(text),
});

const layerSchema = z.object({
  id: text,
  /** `VERSION_ID` in the layer's own os-release. */
  version: text,
  /** The read-only base the layer was made from; null where the layout has none. */
  base: text.nullable(),
  /** What the administrator has beside the image, packages or trees laid over it, with all their files. */
  packages: list(text),
  /** What the layer's own package database has as installed; null where the layout has no such thing. */
  database: z
    .object({
      /** The version whose update it is; null if it is none. */
      update: text.nullable(),
    })
    .nullable(),
  /** The layer that the root line of the layer's own fstab names; null if it names none. */
  rootOfFstab: text.nullable(),
});

const baseSchema = z.object({
  id: text,
  readOnly: z.boolean(),
  /** Changes whenever the base was written to; cheap to read (see the layout's probe). */
  identity: text,
});

/** A service that has failed, and the end of what it said. */
const failedUnitSchema = z.object({ unit: text, said: text });

const spaceSchema = z.object({ usedMiB: z.number(), sizeMiB: z.number() });

export const hostViewSchema = z.object({
  layout: text,
  /** A new one each time the kernel starts. */
  bootId: text,
  /** Directories that belong to no layer: whichever runs has what is in there. */
  shared: list(text),
  /** The layer `/` really is (by device), not what a tool says. */
  bootedLayer: text.nullable(),
  version: text,
  kernelArguments: list(text),
  /** Entry that the boot loader starts by itself, as its own configuration says. */
  defaultEntry: text.nullable(),
  entries: list(bootEntrySchema),
  /** The file that the boot loader's menu is in: which file it is (a new one has another name here), and what it holds. */
  menu: z.object({ file: text, sha256: text }).nullable(),
  layers: list(layerSchema),
  /**
   * The layer that an orderly shutdown will make the default, and a power cut will not; null where there is none, or where the
   * layout has no such state.
   */
  staged: text.nullable(),
  bases: list(baseSchema),
  /** Volumes and boot directories that belong to no layer: left behind by something. */
  orphans: list(text),
  /** What the host's own store of images was found to lack or to have wrong, by a look that costs little. */
  damage: list(text),
  /** Null where the layout has no pool. Percent of data and of metadata space in use. */
  pool: z.object({ dataPercent: z.number(), metadataPercent: z.number() }).nullable(),
  /** Of the boot loader's file system, and of the place where layers are kept. */
  space: z.object({ boot: spaceSchema, layers: spaceSchema }),
  machineId: text,
  hostKeys: list(text),
  /** The administrator's accounts: `name:uid:digest of the password field:groups`. */
  users: list(text),
  failedUnits: list(failedUnitSchema),
  /** What is not in `/etc` as the running layer's image brought it: digests (of links: where they lead), null if it is gone. */
  etc: z.record(text, text.nullable()),
  /** Files that a story wrote: sha256 of the content, or null if absent. */
  files: z.record(text, text.nullable()),
  /** What the layout's own tool claims, for comparison only. */
  claim: z.object({ defaultLayer: text.nullable(), currentLayer: text.nullable() }),
});

export type HostView = z.infer<typeof hostViewSchema>;

/** The layer that the next orderly start leads to. */
export function defaultLayer(view: HostView): string | null {
  return view.staged ?? menuLayer(view);
}

/** The layer that the boot loader starts by itself as it stands now: after a power cut, too. */
export function menuLayer(view: HostView): string | null {
  return view.entries.find((entry) => entry.id === view.defaultEntry)?.layer ?? null;
}

/** Kernel arguments that a layout sets itself; the rest are the administrator's, in order. */
const OWN_ARGUMENTS =
  /^(BOOT_IMAGE|initrd|root|rd\.lvm\.lv|img\.bootid|ostree)=|^(ro|rw|ignition\.firstboot)$/;

export function administratorArguments(args: readonly string[]): string[] {
  return args.filter((argument) => !OWN_ARGUMENTS.test(argument));
}

/** What `images/guest/probe/thin.sh` prints, and the view it amounts to. */
import { z } from 'zod';
import { HostproofError } from '../domain/errors.ts';
import type { HostView } from '../domain/view.ts';
import {
  commonProbeSchema,
  commonView,
  entrySchema,
  entryView,
  fileSystemSpace,
  usedOf,
  saidSchema,
  text,
  words,
} from './common/probe.ts';

export const probeSchema = commonProbeSchema.extend({
  rootDevice: text,
  /** Boot Loader Specification entries, which the menu is made of. */
  entries: z.array(entrySchema).max(256),
  /** The entries of GRUB's menu, by name. */
  bootMenu: z.array(text).max(256),
  bootDirs: z.array(text).max(256),
  volumes: z
    .array(
      z.object({
        name: text,
        readOnly: z.boolean(),
        tags: z.array(text).max(64),
        origin: text,
        uuid: text,
        /** In a pool, of each one more than the greatest there was: the order in which they were made, whatever the clock said. */
        thinId: z.number().nullable(),
        dataPercent: z.number().nullable(),
        headSha256: text.nullable(),
      }),
    )
    .max(512),
  /** One that has failed, because its metadata could not be written, does not say what is in use. */
  pool: z.object({
    sizeBytes: z.number(),
    dataPercent: z.number().nullable(),
    metadataPercent: z.number().nullable(),
  }),
  layers: z
    .array(
      z.object({
        name: text,
        fstabRoot: text,
        osReleaseVersionId: text,
        /** What its own package database has as installed. */
        packages: z.array(z.object({ name: text, version: text })).max(512),
        /** A package's name, a blank, and a file of it that is not there. */
        missingFiles: z.array(text).max(512),
      }),
    )
    .max(256),
  /** What the layout's own tool printed: JSON, if it is well. */
  nodectl: saidSchema,
});
export type Probe = z.infer<typeof probeSchema>;

/** Volumes of their own. `/root` is not among them: each layer has one. */
const SHARED = ['/var', '/home', '/boot'];
const VOLUME_GROUP = 'onn';
/** The package that an update comes in. */
const IMAGE_UPDATE = 'reference-node-image-update';
/** Names of bases and layers: name, version and release of an image, and a layer's number. */
const OF_AN_IMAGE = /-\d[^-]*-\d+(\+\d+)?$/;
const OURS = /^imgbased:(base|layer)$/;
/** Packages that every image has. */
const OF_THE_IMAGE = ['host-provides', `${IMAGE_UPDATE}-placeholder`, IMAGE_UPDATE];

/** The volume that a device path names, whatever the form: `/dev/onn/x+1`, `/dev/mapper/onn-x+1` (dashes doubled). */
export function volumeOf(device: string): string | null {
  const direct = new RegExp(`^/dev/${VOLUME_GROUP}/(.+)$`).exec(device)?.[1];
  if (direct !== undefined) return direct;
  const mapped = new RegExp(`^/dev/mapper/${VOLUME_GROUP}-(.+)$`).exec(device)?.[1];
  return mapped?.replaceAll('--', '-') ?? null;
}

/** @throws HostproofError `host/never` for a host whose pool has failed: nothing can be told of its volumes until it starts again */
export function viewOf(probe: Probe, files: Readonly<Record<string, string | null>>): HostView {
  const pool = poolOf(probe);
  const tagged = (tag: string): Probe['volumes'] =>
    probe.volumes
      .filter((volume) => volume.tags.includes(tag) && !isHalfMade(probe, volume))
      .sort((a, b) => (a.thinId ?? 0) - (b.thinId ?? 0));
  const layers = tagged('imgbased:layer');
  const bases = tagged('imgbased:base');
  const details = new Map(probe.layers.map((layer) => [layer.name, layer]));
  return {
    ...commonView(probe, files),
    layout: 'thin',
    shared: SHARED,
    bootedLayer: volumeOf(probe.rootDevice),
    defaultEntry: probe.bootDefault,
    entries: offered(probe).map((entry) => ({
      ...entryView(entry, rootOf(entry.options), probe.volumes),
      ...(isForeign(entry) && { rootPresent: true }),
    })),
    layers: layers.map((layer) => ({
      id: layer.name,
      version: details.get(layer.name)?.osReleaseVersionId ?? '',
      base: layer.origin === '' ? null : layer.origin,
      ...packagesOf(details.get(layer.name)),
      rootOfFstab: volumeOf(details.get(layer.name)?.fstabRoot ?? ''),
    })),
    staged: null,
    damage: [],
    bases: bases.map((base) => ({
      id: base.name,
      readOnly: base.readOnly,
      // whoever writes to a thin volume maps blocks of its own; the head holds the superblock with its times
      identity: [base.uuid, base.thinId, base.dataPercent, base.headSha256].join(' '),
    })),
    orphans: orphans(probe),
    pool,
    space: {
      boot: fileSystemSpace(probe, 0),
      layers: usedOf((probe.pool.sizeBytes * pool.dataPercent) / 100, probe.pool.sizeBytes),
    },
    claim: claimOf(probe.nodectl),
  };
}

/** What GRUB offers: an entry of the menu that nothing specifies leads nowhere. */
function offered({ entries, bootMenu }: Probe): Probe['entries'] {
  const nowhere = { options: '', linuxExists: false, initrdExists: false };
  return bootMenu.map(
    (id) => entries.find((entry) => entry.id === id) ?? { id, title: id, ...nowhere },
  );
}

/** Not the layout's own: a rescue system, a memory test. It names no root, so none is missing. */
function isForeign({ options, linuxExists }: Probe['entries'][number]): boolean {
  return linuxExists && !words(options).some((word) => word.startsWith('root='));
}

function poolOf({ pool: { dataPercent, metadataPercent } }: Probe): NonNullable<HostView['pool']> {
  if (dataPercent === null || metadataPercent === null)
    throw new HostproofError('host/never', 'the thin pool has failed, until the host starts again');
  return { dataPercent, metadataPercent };
}

const claimSchema = z.object({
  bootloader: z.object({
    default: text,
    entries: z.record(text, z.object({ root: text })),
  }),
  current_layer: text,
});

/** What `nodectl --machine-readable info` says; nothing, if it says nothing readable. */
function claimOf(nodectl: string): HostView['claim'] {
  let said: unknown = null;
  try {
    said = JSON.parse(nodectl);
  } catch {
    return { defaultLayer: null, currentLayer: null };
  }
  const claim = claimSchema.safeParse(said).data;
  const root = claim?.bootloader.entries[claim.bootloader.default]?.root ?? '';
  return { defaultLayer: volumeOf(root), currentLayer: claim?.current_layer ?? null };
}

/**
 * Left by an upgrade that did not come to its end. The menu decides, not the tag: the tag is taken off last, so that a layer
 * which can be booted may still wear it.
 */
function isHalfMade(probe: Probe, volume: Probe['volumes'][number]): boolean {
  if (!volume.tags.includes('imgbased:incomplete')) return false;
  const booted = offered(probe).map((entry) => rootOf(entry.options));
  const layers = probe.volumes
    .filter(({ origin }) => origin === volume.name)
    .map(({ name }) => name);
  return ![volume.name, ...layers].some((name) => booted.includes(name));
}

function packagesOf(
  layer: Probe['layers'][number] | undefined,
): Pick<HostView['layers'][number], 'packages' | 'database'> {
  const { packages = [], missingFiles = [] } = layer ?? {};
  return {
    packages: packages
      .map(({ name }) => name)
      .filter((name) => !OF_THE_IMAGE.includes(name))
      .filter((name) => !missingFiles.some((missing) => missing.startsWith(`${name} `))),
    database: { update: packages.find(({ name }) => name === IMAGE_UPDATE)?.version ?? null },
  };
}

/** The volume that the kernel arguments of an entry name as root. */
function rootOf(options: string): string | null {
  const root = words(options).findLast((word) => word.startsWith('root=')) ?? '';
  return volumeOf(root.slice('root='.length));
}

/** Volumes of the layout that are neither base, layer, pool nor common, layers that nobody can boot, and what is in /boot for none. */
function orphans(probe: Probe): string[] {
  const names = new Set(probe.volumes.map((volume) => volume.name));
  const whole = (tag: string): Probe['volumes'] =>
    probe.volumes.filter((volume) => volume.tags.includes(tag) && !isHalfMade(probe, volume));
  const used = new Set(
    probe.volumes
      .filter((volume) => volume.tags.includes('imgbased:layer'))
      .map((volume) => volume.origin),
  );
  const booted = new Set([
    volumeOf(probe.rootDevice),
    ...offered(probe).map((entry) => rootOf(entry.options)),
  ]);
  return [
    ...probe.volumes
      .filter((volume) => isHalfMade(probe, volume))
      .map((volume) => `volume ${volume.name}, not complete`),
    ...probe.volumes
      .filter(({ name, tags }) => OF_AN_IMAGE.test(name) && !tags.some((tag) => OURS.test(tag)))
      .map(({ name }) => `volume ${name}, of which nothing says what it is`),
    ...whole('imgbased:base')
      .filter((base) => !used.has(base.name))
      .map((base) => `base ${base.name}, without a layer`),
    ...whole('imgbased:layer')
      .filter((layer) => !booted.has(layer.name))
      .map((layer) => `layer ${layer.name}, which is not in the menu`),
    ...probe.entries
      .filter((entry) => !probe.bootMenu.includes(entry.id) && !isForeign(entry))
      .map(({ id }) => `boot entry ${id}, which is not in the menu`),
    ...probe.bootDirs
      .filter((name) => !names.has(name))
      .map((name) => `/boot/${name}, without a layer`),
  ];
}

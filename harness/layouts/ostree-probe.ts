/** What `images/guest/probe/ostree.sh` prints, and the view it amounts to. */
import { z } from 'zod';
import type { HostView } from '../domain/view.ts';
import {
  commonProbeSchema,
  commonView,
  entrySchema,
  entryView,
  fileSystemSpace,
  saidSchema,
  text,
  words,
} from './common/probe.ts';

export const probeSchema = commonProbeSchema.extend({
  /** The deployment whose directory `/` is; empty if it is none. */
  booted: text,
  rootUuid: text,
  /** `/sysroot` and `/usr` are mounted read-only. */
  isReadOnly: z.boolean(),
  /** GRUB's menu. */
  entries: z
    .array(
      entrySchema.extend({
        linuxIsTheDeployments: z.boolean(),
        initrdIsTheDeployments: z.boolean(),
        /** The deployment that the link in the kernel's arguments leads to; empty if it leads nowhere. */
        deployment: text,
      }),
    )
    .max(256),
  /** Names of the Boot Loader Specification entries, which the menu is made of. */
  specified: z.array(text).max(256),
  /** Directories with kernels: `/boot/ostree/*`. */
  kernels: z.array(text).max(256),
  /** Directories of deployments, whoever leads there. */
  deployments: z
    .array(
      z.object({
        /** `CHECKSUM.SERIAL`. */
        name: text,
        hasCommit: z.boolean(),
        isPartial: z.boolean(),
        /** Files of `/usr` that were written to after the commit was made; nobody may. */
        written: text,
        fstabRoot: text,
        osReleaseVersionId: text,
      }),
    )
    .max(256),
  /** Trees laid over `/usr` of every deployment that runs; seen: all of its files are what is there now. */
  extensions: z.array(z.object({ name: text, isSeen: z.boolean() })).max(256),
  /** Where `/boot/grub/grub.cfg` leads: with libostree's own link both the entries and the menu are switched at once. */
  menuLink: text,
  isStaged: z.boolean(),
  /** Checksums in the description of what is staged. */
  staged: z.array(text).max(64),
  /** What `ostree admin status` printed. */
  status: saidSchema,
});
/** `/boot`, and what is in `/var` or leads there. */
const SHARED = ['/boot', '/var', '/home', '/root', '/opt', '/srv', '/mnt', '/usr/local'];
const MENU_LINK = '../loader/grub.cfg';

export type Probe = z.infer<typeof probeSchema>;
type Deployment = Probe['deployments'][number];

interface StatusLine {
  /** `CHECKSUM.SERIAL`. */
  readonly name: string;
  readonly isBooted: boolean;
}

/** The deployments as `ostree admin status` lists them: what is next first. */
export function statusLines(status: string): StatusLine[] {
  const listed = status.matchAll(/^([* ]) \S+ ([0-9a-f]{64}\.\d+)(?: \(\w+\))?$/gm);
  return Array.from(listed, ([, mark, name = '']) => ({ name, isBooted: mark === '*' }));
}

/**
 * Which of two deployments is the older one, by what they are: by version, and one commit that was deployed twice by serial number.
 * When they were made does not say it: the host's clock may have been set back meanwhile. Neither do commits (an image is made as of
 * the same time as any other) nor their order in the list, which says what starts next.
 */
function byAge(
  a: { readonly name: string; readonly version: string },
  b: { readonly name: string; readonly version: string },
): number {
  const [serialOfA, serialOfB] = [a, b].map(({ name }) => Number(name.split('.').at(-1)));
  return (
    a.version.localeCompare(b.version, 'en', { numeric: true }) ||
    (serialOfA ?? 0) - (serialOfB ?? 0)
  );
}

export function viewOf(probe: Probe, files: Readonly<Record<string, string | null>>): HostView {
  const inMenu = new Set(probe.entries.map(({ deployment }) => deployment));
  const staged = probe.isStaged ? stagedOf(probe, inMenu) : null;
  const layers = probe.deployments
    .filter(({ name }) => inMenu.has(name) || name === staged)
    .map((deployment) => ({ ...deployment, version: deployment.osReleaseVersionId }))
    .sort(byAge);
  const status = statusLines(probe.status);
  return {
    ...commonView(probe, files),
    layout: 'ostree',
    shared: SHARED,
    bootedLayer: probe.booted === '' ? null : probe.booted,
    defaultEntry: probe.bootDefault === '' ? null : probe.bootDefault,
    entries: probe.entries.map((entry) => ({
      ...entryView(entry, entry.deployment === '' ? null : entry.deployment, probe.deployments),
      // libostree numbers its titles anew whenever it writes them
      title: entry.title.replace(/ \(ostree:\d+\)$/, ''),
    })),
    layers: layers.map((deployment) => ({
      id: deployment.name,
      version: deployment.version,
      base: commitOf(deployment),
      packages: probe.extensions
        .filter(({ isSeen }) => isSeen || deployment.name !== probe.booted)
        .map(({ name }) => name),
      database: null,
      rootOfFstab: isOwnRoot(deployment, probe.rootUuid) ? deployment.name : null,
    })),
    staged,
    bases: bases(layers, probe.isReadOnly),
    orphans: orphans(probe, staged, inMenu),
    damage: damage(probe, layers),
    pool: null,
    space: { boot: fileSystemSpace(probe, 0), layers: fileSystemSpace(probe, 1) },
    claim: {
      defaultLayer: status[0]?.name ?? null,
      currentLayer: status.find(({ isBooted }) => isBooted)?.name ?? null,
    },
  };
}

function commitOf({ name }: Pick<Deployment, 'name'>): string {
  return name.replace(/\.\d+$/, '');
}

/** The deployment that no entry leads to yet and that the description of what is staged names. */
function stagedOf(probe: Probe, inMenu: ReadonlySet<string>): string {
  const found = probe.deployments.findLast(
    (deployment) => !inMenu.has(deployment.name) && probe.staged.includes(commitOf(deployment)),
  );
  return found?.name ?? probe.staged[0] ?? 'something that names no commit';
}

/** All deployments lie on one file system, so that it is enough that the root line names that one, or that there is none. */
function isOwnRoot({ fstabRoot }: Deployment, rootUuid: string): boolean {
  return fstabRoot === '' || fstabRoot === `UUID=${rootUuid}`;
}

/** Several deployments may be made of one commit; its files are the same ones. */
function bases(layers: readonly Deployment[], readOnly: boolean): HostView['bases'] {
  const byCommit = new Map(layers.map((layer) => [commitOf(layer), layer.written] as const));
  return [...byCommit].map(([id, written]) => ({ id, readOnly, identity: written }));
}

function orphans(probe: Probe, staged: string | null, inMenu: ReadonlySet<string>): string[] {
  const used = probe.entries.map(({ options, id }) => {
    const link = words(options).find((word) => word.startsWith('ostree=')) ?? '';
    const [, , , os, checksum] = link.split('/');
    return os === undefined || checksum === undefined ? id : `${os}-${checksum}`;
  });
  return [
    ...probe.deployments
      .filter(({ name }) => !inMenu.has(name) && name !== staged)
      .map(({ name }) => `deployment ${name}, which nothing leads to`),
    ...probe.kernels
      .filter((name) => !used.includes(name))
      .map((name) => `/boot/ostree/${name}, which no entry uses`),
  ];
}

function damage(probe: Probe, layers: readonly Deployment[]): string[] {
  const menu = probe.entries.map(({ id }) => id).sort();
  const specified = [...probe.specified].sort();
  return [
    ...layers
      .filter(({ hasCommit }) => !hasCommit)
      .map(({ name }) => `the commit of ${name} is not in the repository`),
    ...layers
      .filter(({ isPartial }) => isPartial)
      .map(({ name }) => `the commit of ${name} is there in part only`),
    ...probe.entries.flatMap(({ id, deployment, ...entry }) => [
      ...(entry.linuxExists && !entry.linuxIsTheDeployments
        ? [`entry ${id}: its kernel is not the one of ${deployment}`]
        : []),
      ...(entry.initrdExists && !entry.initrdIsTheDeployments
        ? [`entry ${id}: its initramfs is not the one of ${deployment}`]
        : []),
    ]),
    ...(probe.menuLink === MENU_LINK
      ? []
      : [`/boot/grub/grub.cfg leads to ${probe.menuLink || 'nothing'}, not to ${MENU_LINK}`]),
    ...(menu.join() === specified.join()
      ? []
      : [`the menu has the entries ${menu.join(', ')}, specified are ${specified.join(', ')}`]),
  ];
}

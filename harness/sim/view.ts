/** What a probe would observe of a simulated host. */
import type { HostView } from '../domain/view.ts';
import { SHARED } from './files.ts';
import { BOOT_MIB, bootUsedMiB, freeMiB, METADATA_MIB, usedMiB, type SimDisk } from './disk.ts';

export interface SimRunning {
  readonly layer: string;
  readonly bootId: string;
  /** What its kernel was started with. */
  readonly arguments: readonly string[];
}

export function viewOf(
  disk: SimDisk,
  running: SimRunning,
  files: Readonly<Record<string, string | null>>,
  failedUnits: HostView['failedUnits'],
  etc: HostView['etc'],
): HostView {
  const layer = disk.layers.find((candidate) => candidate.id === running.layer);
  const layers = new Set(disk.layers.map((candidate) => candidate.id));
  const metadataPercent = 100 * (1 - freeMiB(disk, 'pool-metadata') / METADATA_MIB);
  return {
    layout: 'thin',
    shared: SHARED,
    bootId: running.bootId,
    bootedLayer: running.layer,
    version: layer?.version ?? '',
    kernelArguments: [`root=/dev/onn/${running.layer}`, ...running.arguments],
    defaultEntry: disk.defaultLayer,
    entries: disk.entries.map((candidate) => ({
      id: candidate.layer,
      title: candidate.layer,
      layer: candidate.layer,
      kernelPresent: disk.kernels.includes(candidate.layer),
      initramfsPresent: disk.kernels.includes(candidate.layer),
      rootPresent: layers.has(candidate.layer),
      arguments: [...candidate.arguments],
    })),
    menu: menuOf(disk),
    layers: disk.layers.map(({ id, version, base, packages, update, rootOfFstab }) => ({
      ...{ id, version, base, database: { update }, rootOfFstab },
      packages: [...packages],
    })),
    staged: null,
    damage: [],
    bases: disk.bases.map((base) => ({ id: base, readOnly: true, identity: base })),
    orphans: [...disk.incomplete, ...disk.kernels.filter((kernel) => !layers.has(kernel))],
    space: {
      boot: { usedMiB: bootUsedMiB(disk), sizeMiB: BOOT_MIB },
      layers: { usedMiB: usedMiB(disk), sizeMiB: disk.poolMiB },
    },
    pool: { dataPercent: (100 * usedMiB(disk)) / disk.poolMiB, metadataPercent },
    machineId: disk.machineId,
    hostKeys: [...disk.hostKeys],
    users: [...(layer?.users ?? [])],
    failedUnits: [...failedUnits],
    etc,
    files: { ...files },
    claim: { defaultLayer: disk.defaultLayer, currentLayer: running.layer },
  };
}

/** Written anew, under another name, whenever it changes. */
function menuOf({ defaultLayer, entries }: SimDisk): HostView['menu'] {
  const text = [defaultLayer, ...entries.map(({ layer }) => layer)].join(' ');
  return { file: text, sha256: text };
}

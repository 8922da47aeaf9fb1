/** A host's disk in a qcow2 file. It forgets nothing: what was written before a power cut is there after it. */
import type { Files } from '../ports/files.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import type { Hypervisor } from '../ports/machine.ts';

export function imageDisk(
  directory: string,
  { files, hypervisor }: { readonly files: Files; readonly hypervisor: Hypervisor },
  id = 'disk0',
): HostDisk {
  const name = `${id}.qcow2`;
  const file = `${directory}/${name}`;
  return {
    spec: { id, file, format: 'qcow2', kind: 'disk' },
    create: (sizeBytes) => hypervisor.createDisk(file, sizeBytes),
    thaw: (from) => hypervisor.overlayDisk(file, `${from}/${name}`),
    freeze: async (into, standsAlone) => {
      if (!(await files.exists(file))) return;
      await files.move(file, `${into}/${name}`);
      if (standsAlone) await hypervisor.standAlone(`${into}/${name}`);
    },
    mark: () => Promise.resolve(),
    faults: null,
    cut: async (_seed, kill) => {
      await kill();
      return null;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

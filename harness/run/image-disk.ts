/** A host's disk in a qcow2 file. It forgets nothing: what was written before a power cut is there after it. */
import type { Files } from '../ports/files.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import type { Hypervisor } from '../ports/machine.ts';

const NAME = 'disk0.qcow2';

export function imageDisk(
  directory: string,
  { files, hypervisor }: { readonly files: Files; readonly hypervisor: Hypervisor },
): HostDisk {
  const file = `${directory}/${NAME}`;
  return {
    spec: { id: 'disk0', file, format: 'qcow2', kind: 'disk' },
    create: (sizeBytes) => hypervisor.createDisk(file, sizeBytes),
    thaw: (from) => hypervisor.overlayDisk(file, `${from}/${NAME}`),
    freeze: async (into, standsAlone) => {
      if (!(await files.exists(file))) return;
      await files.move(file, `${into}/${NAME}`);
      if (standsAlone) await hypervisor.standAlone(`${into}/${NAME}`);
    },
    faults: null,
    cut: async (_seed, kill) => {
      await kill();
      return null;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

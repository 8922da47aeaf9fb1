/** A host's disk in a qcow2 file. It forgets nothing: what was written before a power cut is there after it. */
import type { Files } from '../ports/files.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import type { Hypervisor } from '../ports/machine.ts';

export function imageDisk(
  directory: string,
  { files, hypervisor }: { readonly files: Files; readonly hypervisor: Hypervisor },
): HostDisk {
  const nameOf = (id: string): string => `${id}.qcow2`;
  const specOf = (id: string): FileSpec => {
    return { id, file: `${directory}/${nameOf(id)}`, format: 'qcow2', kind: 'disk' };
  };
  const [first, second] = [specOf('disk0'), specOf('disk1')];
  let hasSecond = false;
  const there = (): readonly FileSpec[] => (hasSecond ? [first, second] : [first]);
  const create = (sizeBytes: number): Promise<void> => hypervisor.createDisk(first.file, sizeBytes);
  return {
    spec: first,
    get second() {
      return hasSecond ? second : null;
    },
    create,
    moveOver: async (sizeBytes) => {
      await files.move(first.file, second.file);
      hasSecond = true;
      await create(sizeBytes);
    },
    thaw: async (from) => {
      hasSecond = await files.exists(`${from}/${nameOf(second.id)}`);
      for (const { id, file } of there())
        await hypervisor.overlayDisk(file, `${from}/${nameOf(id)}`);
    },
    freeze: async (into, standsAlone) => {
      for (const { id, file } of there()) {
        if (!(await files.exists(file))) continue;
        await files.move(file, `${into}/${nameOf(id)}`);
        if (standsAlone) await hypervisor.standAlone(`${into}/${nameOf(id)}`);
      }
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

interface FileSpec {
  readonly id: string;
  readonly file: string;
  readonly format: 'qcow2';
  readonly kind: 'disk';
}

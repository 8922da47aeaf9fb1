/** Takes away what is on a disk's EFI system partition: its root directory, without which nothing is found. */
import type { DiskSpec, TakenSectors } from '../harness/ports/machine.ts';
import { rootDirectoryOfEsp } from './esp.ts';
import { readSectors, writeSectors } from './sectors.ts';

/**
 * The file system stays, with its identifier.
 *
 * @returns null where there was nothing to take
 * @throws HostproofError `env/*`
 */
export async function emptyEsp(disk: DiskSpec): Promise<TakenSectors | null> {
  const directory = await rootDirectoryOfEsp((...range) => readSectors(disk, ...range));
  if (directory === null) return null;
  const { offset, length } = directory;
  const bytes = await readSectors(disk, offset, length);
  if (bytes.every((byte) => byte === 0)) return null;
  await writeSectors(disk, offset, Buffer.alloc(length));
  return { offset, sizeBytes: bytes.length, content: bytes.toString('base64') };
}

/** @throws HostproofError `env/*` */
export function putBack(disk: DiskSpec, { offset, content }: TakenSectors): Promise<void> {
  return writeSectors(disk, offset, Buffer.from(content, 'base64'));
}

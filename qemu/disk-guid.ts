/** What a disk is called by its partition table (UEFI specification 2.10, 5.3.2), wherever it is plugged in. */
import type { DiskSpec } from '../harness/ports/machine.ts';
import { SECTOR_BYTES, TABLE_SIGNATURE } from './esp.ts';
import { readSectors } from './sectors.ts';

const [GUID_AT, GUID_BYTES] = [56, 16];

/** As it is stored, in 32 hexadecimal digits; null if the disk has no partition table. @throws HostproofError `env/*` */
export async function diskGuid(disk: DiskSpec): Promise<string | null> {
  const header = await readSectors(disk, SECTOR_BYTES, SECTOR_BYTES);
  if (header.toString('latin1', 0, TABLE_SIGNATURE.length) !== TABLE_SIGNATURE) return null;
  return header.toString('hex', GUID_AT, GUID_AT + GUID_BYTES);
}

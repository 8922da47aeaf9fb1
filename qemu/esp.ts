/**
 * The root directory of a disk's EFI system partition: where it is, by the partition table (UEFI specification 2.10, 5.3) and by the
 * file system's own head (Microsoft's FAT specification 1.03). A guest writes both: nothing in them is believed, and what they
 * lead to is inside of the partition and small.
 */

/** Reads a range of a disk. */
export type ReadRange = (offset: number, length: number) => Promise<Buffer>;

export interface Range {
  readonly offset: number;
  readonly length: number;
}

export const SECTOR_BYTES = 512;
export const TABLE_SIGNATURE = 'EFI PART';
/** c12a7328-f81f-11d2-ba4b-00a0c93ec93b */
const ESP_TYPE = Buffer.from('28732ac11ff8d211ba4b00a0c93ec93b', 'hex');
const PARTITIONS_MAX = 128;
const PARTITION_BYTES = 128;
const [FAT_SIGNATURE, FAT_SIGNATURE_AT] = [0xaa55, 510];
/** Of one entry of a directory. */
const ENTRY_BYTES = 32;
const DIRECTORY_BYTES_MAX = 64 * 1024;
const DISK_BYTES_MAX = 2 ** 50;

/** Null where there is no such partition, or no FAT in it. On FAT32 it is the directory's first cluster. */
export async function rootDirectoryOfEsp(read: ReadRange): Promise<Range | null> {
  const partition = await espOf(read);
  if (partition === null) return null;
  const inside = rootDirectory(await read(partition.offset, SECTOR_BYTES));
  if (inside === null || inside.offset + inside.length > partition.length) return null;
  return { offset: partition.offset + inside.offset, length: inside.length };
}

async function espOf(read: ReadRange): Promise<Range | null> {
  const header = await read(SECTOR_BYTES, SECTOR_BYTES);
  if (header.toString('latin1', 0, TABLE_SIGNATURE.length) !== TABLE_SIGNATURE) return null;
  const tableAt = Number(header.readBigUInt64LE(72)) * SECTOR_BYTES;
  const count = Math.min(header.readUInt32LE(80), PARTITIONS_MAX);
  if (header.readUInt32LE(84) !== PARTITION_BYTES || count === 0 || tableAt > DISK_BYTES_MAX)
    return null;
  const table = await read(tableAt, count * PARTITION_BYTES);
  for (let at = 0; at < table.length; at += PARTITION_BYTES) {
    if (!table.subarray(at, at + ESP_TYPE.length).equals(ESP_TYPE)) continue;
    const [first, last] = [32, 40].map((field) => Number(table.readBigUInt64LE(at + field)));
    const offset = (first ?? 0) * SECTOR_BYTES;
    const length = ((last ?? 0) + 1) * SECTOR_BYTES - offset;
    return offset > 0 && length > 0 && offset + length < DISK_BYTES_MAX ? { offset, length } : null;
  }
  return null;
}

/** Within the partition, whose first sector this is. */
function rootDirectory(head: Buffer): Range | null {
  if (head.readUInt16LE(FAT_SIGNATURE_AT) !== FAT_SIGNATURE) return null;
  const sectorBytes = head.readUInt16LE(11);
  const clusterBytes = head.readUInt8(13) * sectorBytes;
  const sectorsPerTable = head.readUInt16LE(22) || head.readUInt32LE(36);
  const tablesEnd = (head.readUInt16LE(14) + head.readUInt8(16) * sectorsPerTable) * sectorBytes;
  const fixedBytes = head.readUInt16LE(17) * ENTRY_BYTES;
  // FAT32 has its root directory in a chain of clusters, the others have it before the first of them
  const isFixed = fixedBytes > 0;
  const offset = isFixed ? tablesEnd : tablesEnd + (head.readUInt32LE(44) - 2) * clusterBytes;
  const length = isFixed ? fixedBytes : clusterBytes;
  const isSound =
    sectorBytes >= SECTOR_BYTES &&
    [offset, length].every((bytes) => bytes > 0 && bytes % SECTOR_BYTES === 0) &&
    length <= DIRECTORY_BYTES_MAX;
  return isSound ? { offset, length } : null;
}

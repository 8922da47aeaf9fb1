/** Disks with an EFI system partition, as installers make them. */
import { open, writeFile, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { execa } from 'execa';

const MIB = 2 ** 20;
const SECTOR_BYTES = 512;
const ESP_AT = 2048;
const [ENTRIES, ENTRY_BYTES] = [128, 128];
const ESP_TYPE = '28732ac11ff8d211ba4b00a0c93ec93b';
const ANY_GUID = '9203187633d60b42aed1eaefea1c19c2';

/** What lies where firmware looks for a loader is one that gives up at once: the firmware says that it started it, and goes on. */
export async function writeEspDisk(
  directory: string,
  { fat = 16, sizeMiB = 64 }: { readonly fat?: 12 | 16 | 32; readonly sizeMiB?: number } = {},
): Promise<string> {
  const [disk, volume] = [join(directory, 'esp-disk.raw'), join(directory, 'volume')];
  const loader = join(directory, 'BOOTX64.EFI');
  await writeFile(volume, '');
  await truncate(volume, sizeMiB * MIB);
  await execa('mkfs.vfat', ['-F', fat.toString(), volume]);
  await writeFile(loader, quitter());
  await execa('mmd', ['-i', volume, '::/EFI', '::/EFI/BOOT']);
  await execa('mcopy', ['-i', volume, loader, '::/EFI/BOOT/BOOTX64.EFI']);
  const sectors = ((sizeMiB + 2) * MIB) / SECTOR_BYTES;
  const entry = Buffer.alloc(ENTRY_BYTES);
  entry.write(`${ESP_TYPE}${ANY_GUID}`, 'hex');
  entry.writeBigUInt64LE(BigInt(ESP_AT), 32);
  entry.writeBigUInt64LE(BigInt(ESP_AT + (sizeMiB * MIB) / SECTOR_BYTES - 1), 40);
  // the second entry, so that the first one must be passed over
  const table = Buffer.alloc(ENTRIES * ENTRY_BYTES);
  entry.copy(table, ENTRY_BYTES);
  await using file = await open(disk, 'w');
  await file.write(protectiveRecord(sectors), 0, SECTOR_BYTES, 0);
  await file.write(header(sectors, table), 0, SECTOR_BYTES, SECTOR_BYTES);
  await file.write(table, 0, table.length, 2 * SECTOR_BYTES);
  await file.write(await readFile(volume), 0, sizeMiB * MIB, ESP_AT * SECTOR_BYTES);
  await file.truncate(sectors * SECTOR_BYTES);
  return disk;
}

function header(sectors: number, table: Buffer): Buffer {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  bytes.write('EFI PART', 'latin1');
  bytes.writeUInt32LE(0x00010000, 8);
  bytes.writeUInt32LE(92, 12);
  const [own, other, first, last, at] = [1, sectors - 1, 34, sectors - 34, 2];
  [own, other, first, last].forEach((lba, index) => {
    bytes.writeBigUInt64LE(BigInt(lba), 24 + 8 * index);
  });
  bytes.write(ANY_GUID, 56, 'hex');
  bytes.writeBigUInt64LE(BigInt(at), 72);
  bytes.writeUInt32LE(ENTRIES, 80);
  bytes.writeUInt32LE(ENTRY_BYTES, 84);
  bytes.writeUInt32LE(crc32(table), 88);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 92)), 16);
  return bytes;
}

/** Says to whoever knows no GPT that the disk is in use. */
function protectiveRecord(sectors: number): Buffer {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  bytes.writeUInt8(0xee, 446 + 4);
  bytes.writeUInt32LE(1, 446 + 8);
  bytes.writeUInt32LE(sectors - 1, 446 + 12);
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}

/** An EFI application (a PE32+ image of one section) that returns EFI_ABORTED. */
function quitter(): Buffer {
  const [headers, page] = [0x200, 0x1000];
  const bytes = Buffer.alloc(2 * headers);
  const [pe, optional, section] = [64, 64 + 24, 64 + 24 + 240];
  bytes.write('MZ');
  bytes.writeUInt32LE(pe, 0x3c);
  bytes.write('PE', pe);
  bytes.writeUInt16LE(0x8664, pe + 4);
  bytes.writeUInt16LE(1, pe + 6);
  bytes.writeUInt16LE(section - optional, pe + 20);
  bytes.writeUInt16LE(0x22, pe + 22);
  bytes.writeUInt16LE(0x20b, optional);
  bytes.writeUInt32LE(headers, optional + 4);
  // entry point and code
  bytes.writeUInt32LE(page, optional + 16);
  bytes.writeUInt32LE(page, optional + 20);
  // alignment in memory and in the file
  bytes.writeUInt32LE(page, optional + 32);
  bytes.writeUInt32LE(headers, optional + 36);
  bytes.writeUInt32LE(2 * page, optional + 56);
  bytes.writeUInt32LE(headers, optional + 60);
  // an EFI application, with sixteen directories of data, all empty
  bytes.writeUInt16LE(10, optional + 68);
  bytes.writeUInt32LE(16, optional + 108);
  bytes.write('.text', section);
  [headers, page, headers, headers].forEach((value, index) => {
    bytes.writeUInt32LE(value, section + 8 + 4 * index);
  });
  bytes.writeUInt32LE(0x60000020, section + 36);
  // mov rax, 0x8000000000000015; ret
  bytes.write('48b81500000000000080c3', headers, 'hex');
  return bytes;
}

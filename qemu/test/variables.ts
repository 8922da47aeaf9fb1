/** Variables as a guest would write them, in the file that OVMF keeps its own in. */
const GLOBAL_VARIABLE = '61dfe48bca93d211aa0d00e098032b8c';
const HEADER_BYTES = 60;
/** Of the store that OVMF comes with. */
const FIRST_AT = 0x64;
const [ADDED, DELETED] = [0x3f, 0x3c];
/** Kept, and seen at boot and at run time. */
const ATTRIBUTES = 7;

/** The file with one variable more; an older one of this name is deleted. */
export function withVariable(file: Buffer, name: string, data: Buffer, state = ADDED): Buffer {
  const bytes = Buffer.from(file);
  const encoded = Buffer.from(`${name}\0`, 'utf16le');
  let at = FIRST_AT;
  while (bytes.readUInt16LE(at) !== 0xffff) {
    const start = at + HEADER_BYTES;
    const nameBytes = bytes.readUInt32LE(at + 36);
    const isOlder =
      bytes.readUInt8(at + 2) === ADDED && bytes.subarray(start, start + nameBytes).equals(encoded);
    if (isOlder && state === ADDED) bytes.writeUInt8(DELETED, at + 2);
    at = (start + nameBytes + bytes.readUInt32LE(at + 40) + 3) & ~3;
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(0x55aa, 0);
  header.writeUInt8(state, 2);
  header.writeUInt32LE(ATTRIBUTES, 4);
  header.writeUInt32LE(encoded.length, 36);
  header.writeUInt32LE(data.length, 40);
  header.write(GLOBAL_VARIABLE, 44, 'hex');
  Buffer.concat([header, encoded, data]).copy(bytes, at);
  return bytes;
}

export function orderOf(...entries: readonly number[]): Buffer {
  const data = Buffer.alloc(2 * entries.length);
  entries.forEach((entry, index) => data.writeUInt16LE(entry, 2 * index));
  return data;
}

/** A boot entry whose device path has these nodes, in hexadecimal, without the one that ends it. */
export function bootEntry(description: string, nodes: string): Buffer {
  const path = Buffer.from(`${nodes}7fff0400`, 'hex');
  const head = Buffer.alloc(6);
  head.writeUInt32LE(1, 0);
  head.writeUInt16LE(path.length, 4);
  return Buffer.concat([head, Buffer.from(`${description}\0`, 'utf16le'), path]);
}

/** A partition by its GUID, and a file on it: as an installer makes the entry of what it has installed. */
export const OWN_PATH = [
  '04012a00010000000008000000000000000008000000000092031876 33d60b42aed1eaefea1c19c20202',
  '04041800',
  Buffer.from('\\own.efi\0\0', 'utf16le').toString('hex'),
]
  .join('')
  .replaceAll(' ', '');
/** A program in the firmware's own volume. */
export const FIRMWARE_PATH = '04071400c9bdb87cebf8344faaea3ee4af6516a1';
/** A device: its PCI root. */
export const DEVICE_PATH = '02010c00d041030a00000000';

/**
 * The Network Block Device protocol, fixed newstyle, as far as it is served here (doc/proto.md of the NBD project). All numbers
 * are big endian.
 */

/** What is announced to clients, and what is taken at most; QEMU never sends more at once. */
export const PAYLOAD_BYTES_MAX = 32 * 2 ** 20;
/** Options of the handshake are names and lists of words. */
export const OPTION_BYTES_MAX = 64 * 1024;
const NAME_BYTES_MAX = 4096;
const PREFERRED_BLOCK_BYTES = 4096;

const GREETING = 0x4e42444d41474943n; // NBDMAGIC
const OPTION_MAGIC = 0x49484156454f5054n; // IHAVEOPT
const OPTION_REPLY_MAGIC = 0x0003e889045565a9n;
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;

/** Handshake flags; the client's are the same two. */
export const FIXED_NEWSTYLE = 1;
export const NO_ZEROES = 2;

export const OPTION = { exportName: 1, abort: 2, list: 3, startTls: 5, info: 6, go: 7 } as const;

export const OPTION_REPLY = {
  ack: 1,
  server: 2,
  info: 3,
  unsupported: 2 ** 31 + 1,
  invalid: 2 ** 31 + 3,
  unknown: 2 ** 31 + 6,
  tooBig: 2 ** 31 + 9,
} as const;

const INFO = { export: 0, blockSize: 3 } as const;

/** HAS_FLAGS, SEND_FLUSH, SEND_FUA, SEND_TRIM, SEND_WRITE_ZEROES, CAN_MULTI_CONN: a flush covers every connection to an export. */
const TRANSMISSION_FLAGS = (1 << 0) | (1 << 2) | (1 << 3) | (1 << 5) | (1 << 6) | (1 << 8);

export const COMMAND = { read: 0, write: 1, disconnect: 2, flush: 3, trim: 4, zeroes: 6 } as const;

export const COMMAND_FLAG = { fua: 1, noHole: 2 } as const;

/** Errors as NBD numbers them. */
export const NBD_ERROR = { io: 5, invalid: 22, noSpace: 28 } as const;

export const OPTION_HEADER_BYTES = 16;
export const CLIENT_FLAGS_BYTES = 4;
export const REQUEST_BYTES = 28;
const REPLY_BYTES = 16;

export interface OptionHeader {
  readonly option: number;
  readonly length: number;
}

export interface Request {
  readonly command: number;
  readonly flags: number;
  /** The client's name for it, given back with the reply. */
  readonly cookie: bigint;
  /** Any 64-bit number: a client may lie. */
  readonly offset: bigint;
  readonly length: number;
}

export function greeting(): Buffer {
  const bytes = Buffer.alloc(18);
  bytes.writeBigUInt64BE(GREETING, 0);
  bytes.writeBigUInt64BE(OPTION_MAGIC, 8);
  bytes.writeUInt16BE(FIXED_NEWSTYLE | NO_ZEROES, 16);
  return bytes;
}

/** Null: the magic number is not that of an option. */
export function parseOptionHeader(bytes: Buffer): OptionHeader | null {
  if (bytes.readBigUInt64BE(0) !== OPTION_MAGIC) return null;
  return { option: bytes.readUInt32BE(8), length: bytes.readUInt32BE(12) };
}

export function optionReply(
  option: number,
  type: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(20);
  header.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0);
  header.writeUInt32BE(option, 8);
  header.writeUInt32BE(type, 12);
  header.writeUInt32BE(payload.length, 16);
  return Buffer.concat([header, payload]);
}

/** The payload of a reply of type `server`: one name of the list. */
export function listedName(name: string): Buffer {
  const bytes = Buffer.from(name);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The name that INFO and GO ask for; null when the lengths in it contradict each other. */
export function parseWantedName(payload: Buffer): string | null {
  if (payload.length < 6) return null;
  const length = payload.readUInt32BE(0);
  if (length > NAME_BYTES_MAX || payload.length < 6 + length) return null;
  const infoCount = payload.readUInt16BE(4 + length);
  if (payload.length !== 6 + length + 2 * infoCount) return null;
  return payload.toString('utf8', 4, 4 + length);
}

/** The payloads of replies of type `info`: size and flags, and the sizes that requests may have. */
export function exportInfo(sizeBytes: number): readonly Buffer[] {
  const info = Buffer.alloc(12);
  info.writeUInt16BE(INFO.export, 0);
  info.writeBigUInt64BE(BigInt(sizeBytes), 2);
  info.writeUInt16BE(TRANSMISSION_FLAGS, 10);
  const blockSize = Buffer.alloc(14);
  blockSize.writeUInt16BE(INFO.blockSize, 0);
  blockSize.writeUInt32BE(1, 2);
  blockSize.writeUInt32BE(PREFERRED_BLOCK_BYTES, 6);
  blockSize.writeUInt32BE(PAYLOAD_BYTES_MAX, 10);
  return [info, blockSize];
}

/** What EXPORT_NAME is answered with, the oldest way to begin. */
export function exportNameReply(sizeBytes: number, withZeroes: boolean): Buffer {
  const bytes = Buffer.alloc(withZeroes ? 10 + 124 : 10);
  bytes.writeBigUInt64BE(BigInt(sizeBytes), 0);
  bytes.writeUInt16BE(TRANSMISSION_FLAGS, 8);
  return bytes;
}

/** Null: the magic number is not that of a request. */
export function parseRequest(bytes: Buffer): Request | null {
  if (bytes.readUInt32BE(0) !== REQUEST_MAGIC) return null;
  return {
    flags: bytes.readUInt16BE(4),
    command: bytes.readUInt16BE(6),
    cookie: bytes.readBigUInt64BE(8),
    offset: bytes.readBigUInt64BE(16),
    length: bytes.readUInt32BE(24),
  };
}

/** A simple reply; what was read follows it. @param error one of {@link NBD_ERROR}, or 0 */
export function reply(cookie: bigint, error: number): Buffer {
  const bytes = Buffer.allocUnsafe(REPLY_BYTES);
  bytes.writeUInt32BE(REPLY_MAGIC, 0);
  bytes.writeUInt32BE(error, 4);
  bytes.writeBigUInt64BE(cookie, 8);
  return bytes;
}

/**
 * The firmware's boot order, in the file that OVMF keeps its variables in. Pure: bytes in, bytes out.
 *
 * The file is a firmware volume (PI specification 1.7, volume 3, 3.2.1) with an authenticated variable store (edk2's
 * `VariableFormat.h`); `BootOrder` and `Boot####` are those of the UEFI specification 2.10, 3.1.3 and 3.3. A guest can write them:
 * nothing in them is believed, and nothing is written but numbers that were there before.
 */
import { HostproofError } from '../harness/domain/errors.ts';
import type { BootOrderChange } from '../harness/domain/fault.ts';

const VOLUME_GUID = guid('fff12b8d-7696-4c8b-a985-2747075b4f50');
const STORE_GUID = guid('aaf32c78-947b-439a-a180-2e144ec37792');
const GLOBAL_VARIABLE = guid('8be4df61-93ca-11d2-aa0d-00e098032b8c');
const VOLUME_SIGNATURE = '_FVH';
/** Formatted, and healthy. */
const STORE_STATE = [0x5a, 0xfe];
const [VOLUME_HEADER_BYTES, STORE_HEADER_BYTES, VARIABLE_HEADER_BYTES] = [56, 28, 60];
const [VARIABLE_START, ERASED] = [0x55aa, 0xffff];
/** Valid; and still valid, since what was to take its place was not finished. */
const [ADDED, IN_TRANSITION] = [0x3f, 0x3e];

/** First node of a device path, as type and subtype: a partition by its own identifier, and a file of the firmware's own volume. */
const [PARTITION, OF_FIRMWARE] = [0x0401, 0x0407];

interface Variable {
  readonly name: string;
  readonly state: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Has the entries of installed systems (those that begin with a partition) come behind all others that may boot something. The
 * firmware's own programs stay behind them: a shell would not let anything fall through.
 *
 * @returns null where there is no order, or where it is so already
 * @throws HostproofError `env/io` for bytes that are no such store, or not a whole one
 */
export function ownEntryLast(
  file: Buffer,
): { readonly bytes: Buffer; readonly change: BootOrderChange } | null {
  const variables = globalVariables(file);
  const order = valid(variables, 'BootOrder');
  if (order === undefined) return null;
  if ((order.end - order.start) % 2 !== 0) throw unfit('BootOrder is not a list of numbers');
  const from: number[] = [];
  for (let at = order.start; at < order.end; at += 2) from.push(file.readUInt16LE(at));
  const rankOf = (entry: number): number => {
    const option = valid(variables, `Boot${digits(entry)}`);
    const node = option === undefined ? null : firstNode(file.subarray(option.start, option.end));
    return node === OF_FIRMWARE ? 2 : node === PARTITION ? 1 : 0;
  };
  const ranks = new Map(from.map((entry) => [entry, rankOf(entry)]));
  const to = from.toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
  // that there is one at all, and that another comes before it now
  const isOwn = (entry: number | undefined): boolean => ranks.get(entry ?? -1) === 1;
  if (!isOwn(from.find((entry) => ranks.get(entry) !== 2)) || isOwn(to[0])) return null;
  const bytes = Buffer.from(file);
  to.forEach((entry, index) => bytes.writeUInt16LE(entry, order.start + 2 * index));
  return { bytes, change: { from: from.map(digits), to: to.map(digits) } };
}

/** Those of the UEFI specification itself, in the order in which they lie there; whatever state they are in. */
function globalVariables(file: Buffer): Variable[] {
  const { start, end } = storeIn(file);
  const found: Variable[] = [];
  let at = start;
  while (at + VARIABLE_HEADER_BYTES <= end) {
    const mark = file.readUInt16LE(at);
    if (mark === ERASED) return found;
    if (mark !== VARIABLE_START) throw unfit(`no variable begins at byte ${at.toString()}`);
    const nameStart = at + VARIABLE_HEADER_BYTES;
    const dataStart = nameStart + file.readUInt32LE(at + 36);
    const dataEnd = dataStart + file.readUInt32LE(at + 40);
    if (dataEnd > end) throw unfit(`the variable at byte ${at.toString()} ends outside of it`);
    if (file.subarray(at + 44, at + 60).equals(GLOBAL_VARIABLE)) {
      const name = file.toString('utf16le', nameStart, dataStart).replace(/\0$/, '');
      found.push({ name, state: file.readUInt8(at + 2), start: dataStart, end: dataEnd });
    }
    at = dataEnd + (-dataEnd & 3);
  }
  return found;
}

/** Where the variables of the store begin, and where it ends. */
function storeIn(file: Buffer): { readonly start: number; readonly end: number } {
  const isVolume =
    file.length >= VOLUME_HEADER_BYTES &&
    file.subarray(16, 32).equals(VOLUME_GUID) &&
    file.toString('latin1', 40, 44) === VOLUME_SIGNATURE;
  if (!isVolume) throw unfit('it is no firmware volume of variables');
  const header = file.readUInt16LE(48);
  const start = header + STORE_HEADER_BYTES;
  const isStore =
    header >= VOLUME_HEADER_BYTES &&
    start <= file.length &&
    file.subarray(header, header + 16).equals(STORE_GUID) &&
    STORE_STATE.every((byte, index) => file[header + 20 + index] === byte);
  if (!isStore) throw unfit('it has no authenticated variable store');
  const end = header + file.readUInt32LE(header + 16);
  if (end < start || end > file.length) throw unfit('it ends before its variable store does');
  return { start, end };
}

/** As firmware finds it: one that is valid, or else one that was not replaced to the end. */
function valid(variables: readonly Variable[], name: string): Variable | undefined {
  const named = variables.filter((variable) => variable.name === name);
  return (
    named.find(({ state }) => state === ADDED) ?? named.find(({ state }) => state === IN_TRANSITION)
  );
}

/** Type and subtype of the first node of a boot entry's device path: behind attributes, length and description. */
function firstNode(option: Buffer): number | null {
  let at = 6;
  while (at + 2 <= option.length && option.readUInt16LE(at) !== 0) at += 2;
  return at + 4 <= option.length ? option.readUInt16BE(at + 2) : null;
}

function digits(entry: number): string {
  return entry.toString(16).toUpperCase().padStart(4, '0');
}

/** As it lies in memory: the first three groups have their lowest byte first. */
function guid(text: string): Buffer {
  const [a = '', b = '', c = '', ...rest] = text.split('-');
  const reversed = [a, b, c].map((group) => Buffer.from(group, 'hex').reverse());
  return Buffer.concat([...reversed, Buffer.from(rest.join(''), 'hex')]);
}

function unfit(why: string): HostproofError {
  return new HostproofError('env/io', `the boot order cannot be changed in this file: ${why}`, {
    hint: 'it must be what OVMF keeps its variables in, as the last start has left it',
  });
}

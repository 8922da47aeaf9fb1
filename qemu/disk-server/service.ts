/** What requests do to the disks of a log, and what they come to where a rule is armed. */
import { performance } from 'node:perf_hooks';
import { crc32 } from 'node:zlib';
import type { Struck } from './control.ts';
import { zeroes, type Disk } from './disk.ts';
import { SECTOR_BYTES } from './fate.ts';
import type { DiskLog } from './log.ts';
import { COMMAND, COMMAND_FLAG, NBD_ERROR, PAYLOAD_BYTES_MAX, type Request } from './protocol.ts';
import { ALL_DISKS, FLAG, type Kind, type LogRecord } from './record.ts';
import type { DiskEffect } from '../../harness/domain/disk-rule.ts';
import { Rules, type Asked, type Rule } from './rule.ts';

const NAME_BY_COMMAND: Readonly<Record<number, Asked['command']>> = {
  [COMMAND.read]: 'read',
  [COMMAND.write]: 'write',
  [COMMAND.flush]: 'flush',
  [COMMAND.trim]: 'trim',
  [COMMAND.zeroes]: 'zeroes',
};

/** What a request comes to. */
export interface Outcome {
  /** One of `NBD_ERROR`, or 0. */
  readonly error: number;
  readonly read: Buffer | null;
  readonly delayMs: number;
  /** Of the records that are completed when it is answered. */
  readonly records: readonly number[];
}

/** What nobody gets at any more. */
export interface Gone {
  /** Null: by every path. */
  readonly path: string | null;
  /** Null: every disk. */
  readonly disk: string | null;
}

/** The disk is gone before it could answer. */
export interface Vanishing {
  readonly vanishing: Gone;
}

export interface ServiceOptions {
  readonly log: DiskLog;
  readonly onStruck: (struck: Struck) => void;
}

export class DiskService {
  readonly rules = new Rules(() => performance.now());
  readonly log: DiskLog;
  readonly #options: ServiceOptions;
  readonly #indexByDisk: ReadonlyMap<Disk, number>;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.log = options.log;
    this.#indexByDisk = new Map(options.log.disks.map((disk, index) => [disk, index]));
  }

  mark(text: string): number {
    this.rules.marked(text);
    const number = this.log.mark(text);
    this.log.commit();
    return number;
  }

  /** @param payload what is to be written */
  begin(
    path: string,
    disk: Disk,
    request: Request,
    payload: readonly Buffer[],
  ): Outcome | Vanishing {
    const command = NAME_BY_COMMAND[request.command];
    const refusal = refusalOf(disk, request, command);
    if (command === undefined || refusal !== 0) return failed(refusal);
    const [offset, { length }] = [Number(request.offset), request];
    const asked = { disk, path, command, offset, length };
    const rule = this.rules.struckBy(asked);
    if (rule !== null) this.#tell(rule, asked);
    const effect = rule?.effect;
    if (effect?.kind === 'vanish') {
      return { vanishing: { path: rule?.path ?? null, disk: rule?.disk ?? null } };
    }
    if (effect?.kind === 'error') return this.#refuse(disk, offset, length, errorOf(effect.error));
    const done = this.#execute(disk, request, command, { payload, effect });
    return effect?.kind === 'delay' ? { ...done, delayMs: effect.ms } : done;
  }

  /** What was begun may be answered. */
  complete({ records, error }: Outcome): void {
    for (const offset of records) this.#append('completion', ALL_DISKS, { offset, error });
  }

  #execute(
    disk: Disk,
    request: Request,
    command: Asked['command'],
    { payload, effect }: { payload: readonly Buffer[]; effect: DiskEffect | undefined },
  ): Outcome {
    const [offset, { length }] = [Number(request.offset), request];
    const forced = (request.flags & COMMAND_FLAG.fua) === 0 ? 0 : FLAG.fua;
    switch (command) {
      case 'read': {
        const bytes = disk.read(offset, length);
        if (effect?.kind === 'flip') flip(bytes, effect.at);
        return { ...NOTHING, read: bytes };
      }
      case 'write':
        return logged([this.#write(disk, offset, spoilt(payload, length, effect), forced)]);
      case 'flush': {
        const flags = effect?.kind === 'lie' ? FLAG.lie : 0;
        return logged([this.#append('flush', this.#index(disk), { flags })]);
      }
      case 'trim':
        return logged(this.#clear('discard', disk, offset, length, forced));
      case 'zeroes':
        return logged(this.#clear('zeroes', disk, offset, length, forced));
    }
  }

  #write(disk: Disk, offset: number, { pieces, length, isSpoilt }: Stored, forced: number): number {
    const data = disk.write(offset, pieces, length);
    const checksum = pieces.reduce((sum, piece) => crc32(piece, sum), 0);
    const flags = forced | (isSpoilt ? FLAG.spoilt : 0);
    return this.#append('write', this.#index(disk), { flags, offset, length, checksum, data });
  }

  /** Records name whole blocks of zeroes only. What is left beside them is written, or, when it need not be, left. */
  #clear(
    kind: 'zeroes' | 'discard',
    disk: Disk,
    offset: number,
    length: number,
    flags: number,
  ): number[] {
    const { cleared, edges } = disk.clear(offset, length);
    const index = this.#index(disk);
    return [
      ...(cleared === null ? [] : [this.#append(kind, index, { flags, ...cleared })]),
      ...(kind === 'discard' ? [] : edges).map((edge) => {
        const stored = { pieces: [zeroes(edge.length)], length: edge.length, isSpoilt: false };
        return this.#write(disk, edge.offset, stored, flags);
      }),
    ];
  }

  #refuse(disk: Disk, offset: number, length: number, error: number): Outcome {
    this.#append('refusal', this.#index(disk), { offset, length, error });
    return failed(error);
  }

  #tell(rule: Rule, asked: Asked): void {
    const records = this.log.count;
    this.log.mark(`fault ${rule.id}`);
    const what = { ...asked, disk: asked.disk.name };
    this.#options.onStruck({ rule: rule.id, effect: rule.effect.kind, records, ...what });
  }

  #append(
    kind: Kind,
    disk: number,
    rest: Partial<Omit<LogRecord, 'kind' | 'disk' | 'atUs'>>,
  ): number {
    // no spread: this is done for every request
    const { flags = 0, error = 0, offset = 0, length = 0, checksum = 0, data = 0 } = rest;
    return this.log.append({ kind, disk, flags, error, offset, length, checksum, data });
  }

  #index(disk: Disk): number {
    return this.#indexByDisk.get(disk) ?? ALL_DISKS;
  }
}

const NOTHING: Outcome = { error: 0, read: null, delayMs: 0, records: [] };

const failed = (error: number): Outcome => ({ ...NOTHING, error });
const logged = (records: readonly number[]): Outcome => ({ ...NOTHING, records });

const errorOf = (error: 'io' | 'no-space'): number =>
  error === 'io' ? NBD_ERROR.io : NBD_ERROR.noSpace;

/** 0: it may be done. */
function refusalOf(disk: Disk, request: Request, command: Asked['command'] | undefined): number {
  const { flags, offset, length } = request;
  const known = command === 'zeroes' ? COMMAND_FLAG.fua | COMMAND_FLAG.noHole : COMMAND_FLAG.fua;
  if (command === undefined || (flags & ~known) !== 0) return NBD_ERROR.invalid;
  if (command === 'flush') return offset === 0n && length === 0 ? 0 : NBD_ERROR.invalid;
  if (length === 0) return NBD_ERROR.invalid;
  const isPayload = command === 'read' || command === 'write';
  if (isPayload && length > PAYLOAD_BYTES_MAX) return NBD_ERROR.invalid;
  if (disk.holds(offset, length)) return 0;
  return command === 'write' || command === 'zeroes' ? NBD_ERROR.noSpace : NBD_ERROR.invalid;
}

interface Stored {
  readonly pieces: readonly Buffer[];
  readonly length: number;
  readonly isSpoilt: boolean;
}

function spoilt(pieces: readonly Buffer[], length: number, effect: DiskEffect | undefined): Stored {
  if (effect?.kind === 'flip') {
    const bytes = Buffer.concat(pieces);
    flip(bytes, effect.at);
    return { pieces: [bytes], length, isSpoilt: true };
  }
  if (effect?.kind === 'tear') {
    const kept = effect.sectors * SECTOR_BYTES;
    return { pieces: [Buffer.concat(pieces).subarray(0, kept)], length: kept, isSpoilt: true };
  }
  return { pieces, length, isSpoilt: false };
}

function flip(bytes: Buffer, at: number): void {
  const index = at % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
}

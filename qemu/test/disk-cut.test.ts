/** What a power cut may leave of a disk: held against a description of it that knows nothing of logs. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Unflushed } from '../../harness/domain/fault.ts';
import { prng, type Prng } from '../../harness/domain/prng.ts';
import { createLog, FILES, fileOf, forkLog } from '../disk-server/chain.ts';
import { cutPower } from '../disk-server/cut.ts';
import { BLOCK_BYTES } from '../disk-server/data.ts';
import { chooseFates, unsureChanges, type Fate } from '../disk-server/fate.ts';
import { DiskLog } from '../disk-server/log.ts';
import { COMMAND, COMMAND_FLAG } from '../disk-server/protocol.ts';
import type { LogRecord } from '../disk-server/record.ts';
import { DiskService, type Outcome } from '../disk-server/service.ts';
import { newDirectory } from './machines.ts';

const DISK_BYTES = 40_960;
const OPERATIONS = 60;
const HISTORIES = 150;

/** A change, in a number that its content is made from, and when it was completed; null: never. */
interface Change {
  readonly offset: number;
  readonly length: number;
  /** 0: zeroes. */
  readonly value: number;
  readonly isForced: boolean;
  completedAt: number | null;
}

/** Asks for the same of the disk and writes down what was asked. */
class History {
  readonly log: DiskLog;
  changes: Change[] = [];
  readonly #service: DiskService;
  #inFlight: { readonly outcome: Outcome; readonly change: Change }[] = [];
  /** When each flush arrived that was done. */
  #flushes: number[] = [];
  /** What a cut has left, before all of these. */
  #base: Buffer = Buffer.alloc(DISK_BYTES);
  #now = 0;
  #next = 0;

  constructor(file: string) {
    this.log = DiskLog.open(file);
    this.#service = new DiskService({
      ...{ log: this.log, onStruck: () => undefined },
    });
  }

  go(random: Prng): void {
    this.#now++;
    const kind = random.integer(10);
    if (kind === 0) this.#flush(random.integer(4) === 0);
    else if (kind === 1) this.#completeOne(random);
    else this.#change(random, kind);
  }

  /** What may be at a byte after the power has gone. */
  allowed(at: number): ReadonlySet<number> {
    const touching = this.changes.filter(
      ({ offset, length }) => offset <= at && at < offset + length,
    );
    const last = touching.findLastIndex((change) => this.#isSure(change));
    const possible = touching.slice(Math.max(last, 0)).map((change) => byteOf(change, at));
    return new Set(last === -1 ? [this.#base[at] ?? 0, ...possible] : possible);
  }

  /** The power has gone: what is there now is sure. */
  settle(): void {
    [this.changes, this.#inFlight, this.#flushes] = [[], [], []];
    this.#base = contentOf(this.log);
  }

  unsureBytes(): number {
    const unsure = this.changes.filter((change) => !this.#isSure(change));
    return unsure.reduce((sum, { length }) => sum + length, 0);
  }

  #isSure({ completedAt, isForced }: Change): boolean {
    if (completedAt === null) return false;
    return isForced || this.#flushes.some((arrived) => completedAt < arrived);
  }

  #change(random: Prng, kind: number): void {
    const command = kind <= 3 ? COMMAND.zeroes : kind === 4 ? COMMAND.trim : COMMAND.write;
    const long = command === COMMAND.write ? 9000 : 30_000;
    const length = 1 + random.integer(random.integer(2) === 0 ? 700 : long);
    const offset = random.integer(DISK_BYTES - length + 1);
    const isForced = random.integer(8) === 0;
    const value = command === COMMAND.write ? 1 + this.#next++ : 0;
    // of what is discarded, only whole blocks need be
    const range = command === COMMAND.trim ? wholeBlocks(offset, length) : { offset, length };
    const change: Change = { ...range, value, isForced, completedAt: null };
    const payload =
      value === 0
        ? []
        : [Buffer.from(Array.from({ length }, (_, at) => byteOf(change, offset + at)))];
    const flags = isForced ? COMMAND_FLAG.fua : 0;
    const outcome = this.#ask({ command, flags, offset, length }, payload);
    if (range.length > 0) this.changes.push(change);
    this.#inFlight.push({ outcome, change });
    if (random.integer(4) > 0) this.#complete(this.#inFlight.length - 1);
  }

  #flush(isLie: boolean): void {
    if (isLie) {
      const effect = { kind: 'lie' } as const;
      const always = { isNew: false, afterMs: 0, afterBytes: 0, nth: 1, times: 1 };
      this.#service.rules.arm({ ...always, id: 'lie', command: 'flush', effect });
    }
    const arrived = this.#now;
    this.#service.complete(this.#ask({ command: COMMAND.flush, flags: 0, offset: 0, length: 0 }));
    if (!isLie) this.#flushes.push(arrived);
  }

  #completeOne(random: Prng): void {
    if (this.#inFlight.length > 0) this.#complete(random.integer(this.#inFlight.length));
  }

  #complete(index: number): void {
    const [one] = this.#inFlight.splice(index, 1);
    if (one === undefined) return;
    this.#service.complete(one.outcome);
    one.change.completedAt = this.#now;
  }

  #ask(
    request: { command: number; flags: number; offset: number; length: number },
    payload: readonly Buffer[] = [],
  ): Outcome {
    const [disk] = this.log.disks;
    const asked = { ...request, cookie: 0n, offset: BigInt(request.offset) };
    const outcome = disk && this.#service.begin('a', disk, asked, payload);
    if (!outcome || 'vanishing' in outcome || outcome.error !== 0)
      throw new Error('the disk must do this');
    return outcome;
  }
}

function wholeBlocks(offset: number, length: number): { offset: number; length: number } {
  const first = Math.ceil(offset / BLOCK_BYTES) * BLOCK_BYTES;
  const end = Math.floor((offset + length) / BLOCK_BYTES) * BLOCK_BYTES;
  return { offset: first, length: Math.max(0, end - first) };
}

/** What a change puts there: no two bytes near each other, and no two changes, have the same. */
const byteOf = ({ value }: Change, at: number): number =>
  value === 0 ? 0 : 1 + ((value * 37 + at * 11 + Math.floor(at / 251)) % 255);

function contentOf(log: DiskLog): Buffer {
  return Buffer.from(log.disks[0]?.read(0, DISK_BYTES) ?? []);
}

/** What the records come to, byte by byte. */
function told(
  log: DiskLog,
  records: readonly LogRecord[],
  fates: ReadonlyMap<number, Fate>,
  before: Buffer,
): Buffer {
  const content = Buffer.from(before);
  const settled = records.findLastIndex(({ kind }) => kind === 'cut');
  for (const [number, record] of records.entries()) {
    const { kind, offset, length, data } = record;
    if (number < settled || !['write', 'zeroes', 'discard'].includes(kind)) continue;
    const bytes = data === 0 ? Buffer.alloc(length) : log.stored(number, record);
    const fate = fates.get(number);
    for (const [index, byte] of bytes.entries()) {
      const at = offset + index;
      if (isThere(fate, at)) content[at] = byte;
    }
  }
  return content;
}

function isThere(fate: Fate | undefined, at: number): boolean {
  if (fate?.fate !== 'torn') return fate?.fate !== 'lost';
  return fate.there.some(({ start, end }) => start <= at && at < end);
}

function wrongBytes(history: History, log = history.log): number[] {
  const content = contentOf(log);
  return [...content.keys()].filter((at) => !history.allowed(at).has(content[at] ?? -1));
}

/** `tornZeroes`: of those that are torn, the zeroes and discards. */
interface Total {
  kept: number;
  lost: number;
  torn: number;
  tornZeroes: number;
}

/** Goes on with a history, cuts it, and says what is wrong. */
function* cutOnce(history: History, random: Prng, seed: number, total: Total): Generator<string> {
  const before = contentOf(history.log);
  for (let step = 0; step < OPERATIONS; step++) history.go(random);
  const records = history.log.records();
  const unsure = unsureChanges(records);
  const unsureBytes = unsure.reduce((sum, number) => sum + (records[number]?.length ?? 0), 0);
  if (unsureBytes !== history.unsureBytes()) yield 'what is sure?';
  const fates = chooseFates(records, unsure, prng(seed));
  const expected = told(history.log, records, fates, before);
  const cut = cutPower(history.log, seed);
  if (!contentOf(history.log).equals(expected)) yield 'other fates';
  if (wrongBytes(history).length > 0) yield 'wrong bytes';
  for (const fate of ['kept', 'lost', 'torn'] as const) total[fate] += cut[fate];
  for (const [number, { fate }] of fates) {
    if (fate === 'torn' && records[number]?.data === 0) total.tornZeroes++;
  }
  history.settle();
}

t.test('what was sure is there, and nothing that was never written', (t) => {
  const directory = newDirectory();
  const total = { kept: 0, lost: 0, torn: 0, tornZeroes: 0 };
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const random = prng(seed);
    const file = join(directory, seed.toString());
    createLog(file, [{ name: 'disk0', sizeBytes: DISK_BYTES }]);
    const history = new History(file);
    // what one cut has left is what the next begins with
    for (const cutSeed of [seed, seed + HISTORIES]) {
      for (const what of cutOnce(history, random, cutSeed, total)) {
        t.fail(`history ${seed.toString()}: ${what}`);
      }
    }
    const left = contentOf(history.log);
    history.log[Symbol.dispose]();
    using again = DiskLog.open(file);
    if (!contentOf(again).equals(left)) {
      t.fail(`history ${seed.toString()}: the log tells otherwise`);
    }
  }
  t.ok(
    Object.values(total).every((count) => count > 50),
    JSON.stringify(total),
  );
  t.end();
});

t.test('the same seed leaves the same, another one does not', (t) => {
  const file = join(newDirectory(), 'log');
  createLog(file, [{ name: 'disk0', sizeBytes: DISK_BYTES }]);
  const history = new History(file);
  const random = prng(3);
  for (let step = 0; step < OPERATIONS; step++) history.go(random);
  history.log[Symbol.dispose]();
  const cut = (seed: number): { cut: Unflushed; content: Buffer } => {
    const copy = join(newDirectory(), 'log');
    for (const kind of FILES) cpSync(fileOf(file, kind), fileOf(copy, kind));
    using log = DiskLog.open(copy);
    return { cut: cutPower(log, seed), content: contentOf(log) };
  };
  t.same(cut(1), cut(1));
  t.ok([2, 3, 4].some((seed) => !cut(seed).content.equals(cut(1).content)));
  t.end();
});

t.test('what was not flushed before a fork is not sure after it, and a cut settles it', (t) => {
  const directory = newDirectory();
  let lost = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const random = prng(seed);
    const [file, fork] = [
      join(directory, seed.toString()),
      join(directory, `${seed.toString()}-fork`),
    ];
    createLog(file, [{ name: 'disk0', sizeBytes: DISK_BYTES }]);
    const before = new History(file);
    for (let step = 0; step < 10; step++) before.go(random);
    before.log[Symbol.dispose]();
    forkLog(fork, file);
    using after = DiskLog.open(fork);
    lost += cutPower(after, seed).lost;
    t.match(cutPower(after, seed + 1), { kept: 0, lost: 0, torn: 0 });
    if (wrongBytes(before, after).length > 0) t.fail(`history ${seed.toString()} has wrong bytes`);
  }
  t.ok(lost > 0);
  t.end();
});

/** Files of a log that are damaged, or gone: it is told, and nothing is made up. */
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { prng } from '../../harness/domain/prng.ts';
import { createLog, FILES, fileOf, forkLog } from '../disk-server/chain.ts';
import { cutPower } from '../disk-server/cut.ts';
import { BLOCK_BYTES } from '../disk-server/data.ts';
import { chooseFates, unsureChanges } from '../disk-server/fate.ts';
import { DiskLog } from '../disk-server/log.ts';
import { RECORD_BYTES } from '../disk-server/record.ts';
import { Client } from './disk-server/client.ts';
import { forked, serve, served } from './disk-server/served.ts';
import { newDirectory } from './machines.ts';

t.setTimeout(120_000);

const SEEDS = 60;
/** Numbers of the records of two writes: blocks, and a part of the first. Each is completed by the one behind it, and not flushed. */
const [BLOCKS, PART] = [0, 2];
const BLOCKS_BYTES = 2 * BLOCK_BYTES;
/** All of it in one physical sector, so that it is not torn. */
const PART_OFFSET = 600;

async function newLog(): Promise<string> {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  await client.write(0, randomBytes(BLOCKS_BYTES));
  await client.write(PART_OFFSET, randomBytes(100));
  return disk.log;
}

function flipByte(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(file, bytes);
}

/** Records that are read by the cut of this seed: one that is torn, and a part of a block of which the rest is not there. */
function readBy(seed: number, log: DiskLog): number[] {
  const records = log.records();
  const fates = chooseFates(records, unsureChanges(records), prng(seed));
  const [blocks, part] = [BLOCKS, PART].map((number) => fates.get(number)?.fate);
  return [
    ...(blocks === 'torn' ? [BLOCKS] : []),
    ...(blocks !== 'kept' && part === 'kept' ? [PART] : []),
  ];
}

for (const [number, at] of [
  [BLOCKS, 4000],
  [PART, BLOCKS_BYTES + PART_OFFSET + 99],
] as const) {
  t.test(`a cut that would have to read record ${number.toString()} is refused`, async (t) => {
    const below = await newLog();
    const file = fileOf(below, 'data');
    flipByte(file, at);
    const refusal = {
      code: 'env/io',
      message: `${file}: what record ${number.toString()} has stored is not what was written`,
    };
    const directory = newDirectory();
    const refused: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const fork = join(directory, seed.toString());
      forkLog(fork, below);
      using log = DiskLog.open(fork);
      const before = log.count;
      if (!readBy(seed, log).includes(number)) {
        t.doesNotThrow(() => cutPower(log, seed));
        continue;
      }
      refused.push(seed);
      t.throws(() => cutPower(log, seed), refusal);
      t.equal(log.count, before, 'and nothing of it is in the log');
    }
    t.ok(refused.length > 0 && refused.length < SEEDS, refused.join(' '));
    await using disk = await forked(below);
    const message = new RegExp(`${file}: what record ${number.toString()} `);
    await t.rejects(disk.server.cut(refused[0] ?? 0), { code: 'env/io', message });
  });
}

t.test('of data that ends too early nothing is made up', async (t) => {
  const log = await newLog();
  truncateSync(fileOf(log, 'data'), BLOCKS_BYTES);
  await using disk = await serve(log);
  using client = await Client.open(disk.socket, 'disk0');
  await t.rejects(client.read(0, BLOCK_BYTES));
  await t.rejects(disk.server.unfit, { code: 'env/io', message: /there is no block 3/ });
});

t.test('a log of which a file is gone is not served, nor made anew', async (t) => {
  for (const kind of FILES) {
    const log = await newLog();
    const [file, fork] = [fileOf(log, kind), join(newDirectory(), 'fork')];
    forkLog(fork, log);
    rmSync(file);
    for (const one of [log, fork]) {
      const refusal = { code: 'env/io', message: new RegExp(`: ${file} is missing$`) };
      await t.rejects(
        serve(one),
        refusal,
        `${kind} of ${one === log ? 'its own' : 'the one below'}`,
      );
      t.throws(() => statSync(file), { code: 'ENOENT' });
    }
  }
});

/** A log of six marks. */
function sixMarks(): string {
  const file = join(newDirectory(), 'log');
  createLog(file, [{ name: 'disk0', sizeBytes: BLOCK_BYTES }]);
  using log = DiskLog.open(file);
  for (const text of 'abcdef') log.mark(text);
  return file;
}

function textsOf(log: DiskLog): string {
  return log
    .records()
    .map((mark, number) => log.stored(number, mark).toString())
    .join('');
}

t.test('a damaged record that others follow is told', (t) => {
  for (const at of [0, 20, RECORD_BYTES - 1]) {
    const file = sixMarks();
    flipByte(fileOf(file, 'records'), 3 * RECORD_BYTES + at);
    const message = `${fileOf(file, 'records')}: record 3 is damaged`;
    t.throws(() => DiskLog.open(file), { message });
    const fork = join(newDirectory(), 'fork');
    forkLog(fork, file);
    t.throws(() => DiskLog.open(fork), { message }, 'also in a log below');
  }
  t.end();
});

t.test('a last record that is not whole is dropped, and the next takes its place', (t) => {
  for (const bytes of [1, RECORD_BYTES / 2, RECORD_BYTES - 1, 3 * RECORD_BYTES]) {
    const file = sixMarks();
    // the last record is cut off, or there are zeroes instead
    const isLonger = bytes > RECORD_BYTES;
    if (isLonger) truncateSync(fileOf(file, 'records'), 5 * RECORD_BYTES);
    truncateSync(fileOf(file, 'records'), 5 * RECORD_BYTES + bytes);
    {
      using log = DiskLog.open(file);
      t.equal(log.count, 5);
      t.equal(log.mark('x'), 5);
    }
    using log = DiskLog.open(file);
    t.equal(textsOf(log), 'abcdex');
    t.equal(statSync(fileOf(file, 'records')).size, 6 * RECORD_BYTES);
  }
  t.end();
});

t.test('a log that goes on from itself is told', (t) => {
  const directory = newDirectory();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => join(directory, name));
  if (a === undefined || b === undefined || c === undefined) throw new Error('there are three');
  createLog(a, [{ name: 'disk0', sizeBytes: BLOCK_BYTES }]);
  forkLog(b, a);
  forkLog(c, b);
  const description = JSON.parse(readFileSync(fileOf(a, 'json'), 'utf8')) as object;
  writeFileSync(fileOf(a, 'json'), JSON.stringify({ ...description, below: b }));
  for (const log of [a, b, c]) t.throws(() => DiskLog.open(log), /goes on from itself/);
  t.end();
});

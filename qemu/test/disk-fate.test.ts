/** What becomes of changes that are not sure, and what a torn one takes. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { prng } from '../../harness/domain/prng.ts';
import { createLog, fileOf } from '../disk-server/chain.ts';
import { cutPower } from '../disk-server/cut.ts';
import { BLOCK_BYTES } from '../disk-server/data.ts';
import { chooseFates, type Range } from '../disk-server/fate.ts';
import { DiskLog } from '../disk-server/log.ts';
import { COMMAND } from '../disk-server/protocol.ts';
import { DiskService } from '../disk-server/service.ts';
import { newDirectory } from './machines.ts';

t.test('zeroes and discards may be torn, in pieces of whole blocks', (t) => {
  const blocks = 2 ** 18;
  const where = { offset: 3 * BLOCK_BYTES, length: blocks * BLOCK_BYTES - 512 };
  const none = { flags: 0, disk: 0, error: 0, checksum: 0, data: 0, atUs: 0 };
  for (const kind of ['zeroes', 'discard'] as const) {
    const fates = Array.from({ length: 400 }, (_, seed) =>
      chooseFates([{ kind, ...where, ...none }], [0], prng(seed)).get(0),
    );
    for (const fate of ['kept', 'lost', 'torn']) {
      t.ok(fates.filter((one) => one?.fate === fate).length > 20, `${kind} ${fate}`);
    }
    const parts = fates.flatMap((one) => (one?.fate === 'torn' ? [one.there] : []));
    t.ok(parts.every(({ length }) => length >= 1 && length <= 3));
    t.ok(
      parts.some(([first]) => first?.start === where.offset),
      'its beginning is there',
    );
    t.ok(
      parts.some((all) => all.at(-1)?.end === where.offset + where.length),
      'or its end',
    );
    const ends = parts.flat().flatMap(({ start, end }) => [start, end]);
    t.ok(ends.every((at) => at % BLOCK_BYTES === 0 || at === where.offset + where.length));
    const bytes = parts.map((all) => all.reduce((sum, { start, end }) => sum + end - start, 0));
    t.ok(bytes.every((sum) => sum > 0 && sum < where.length));
  }
  t.end();
});

t.test('writes may be torn, between physical sectors', (t) => {
  const sector = 4096;
  const none = { flags: 0, disk: 0, error: 0, checksum: 0, data: 1, atUs: 0 };
  const partsOf = (offset: number, length: number): (readonly Range[])[] =>
    Array.from({ length: 400 }, (_, seed) => {
      const write = { kind: 'write', offset, length, ...none } as const;
      const fate = chooseFates([write], [0], prng(seed)).get(0);
      return fate?.fate === 'torn' ? [fate.there] : [];
    }).flat();
  for (const [offset, length] of [
    [3 * sector, sector],
    [3 * sector + 512, sector - 512],
  ] as const)
    t.same(partsOf(offset, length), [], 'one is written whole, or not at all');
  const [start, end] = [3 * sector + 512, 7 * sector + 1024];
  const parts = partsOf(start, end - start);
  t.ok(parts.length > 20);
  const ends = parts.flat().flatMap((part) => [part.start, part.end]);
  t.ok(ends.every((at) => at % sector === 0 || at === start || at === end));
  for (const all of [parts, partsOf(0, 2 * sector)]) {
    const bytes = all.map((one) => one.reduce((sum, { start, end }) => sum + end - start, 0));
    t.ok(bytes.length > 20);
    t.ok(
      bytes.every((sum) => sum > 0 && sum < (all === parts ? end - start : 2 * sector)),
      'a part of it is there, and a part is not',
    );
  }
  t.end();
});

t.test('what is torn is stored once more, in the blocks that it has', (t) => {
  const file = join(newDirectory(), 'log');
  const [writes, lengthBytes] = [64, 16 * BLOCK_BYTES];
  createLog(file, [{ name: 'disk0', sizeBytes: writes * lengthBytes }]);
  using log = DiskLog.open(file);
  const [disk] = log.disks;
  const service = new DiskService({ log, onStruck: () => undefined });
  for (let write = 0; write < writes; write++) {
    const offset = BigInt(write * lengthBytes);
    const asked = { command: COMMAND.write, flags: 0, cookie: 0n, offset, length: lengthBytes };
    if (disk) service.begin('a', disk, asked, [Buffer.alloc(lengthBytes, write + 1)]);
  }
  log.commit();
  const before = statSync(fileOf(file, 'data')).size;
  const { torn } = cutPower(log, 1);
  t.ok(torn > 0);
  const storedBytes = statSync(fileOf(file, 'data')).size - before;
  t.ok(storedBytes <= torn * lengthBytes, `${storedBytes.toString()} bytes of ${torn.toString()}`);
  t.end();
});

/** The boot order in OVMF's variables: what is made of good, odd and hostile ones. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { HostproofError } from '../../harness/domain/errors.ts';
import { prng } from '../../harness/domain/prng.ts';
import { ownEntryLast } from '../boot-order.ts';
import { findFirmware, putOwnEntryLast } from '../firmware.ts';
import { newDirectory } from './machines.ts';
import {
  bootEntry,
  DEVICE_PATH,
  FIRMWARE_PATH,
  orderOf,
  OWN_PATH,
  withVariable,
} from './variables.ts';

const { varsTemplate } = await findFirmware();
const factory = await readFile(varsTemplate);

/** As a host of ours has them: its own entry first, then its disk, then what the firmware brings. */
const host = Object.entries({
  Boot0000: bootEntry('UiApp', FIRMWARE_PATH),
  Boot0001: bootEntry('UEFI Misc Device', DEVICE_PATH),
  Boot0002: bootEntry('EFI Internal Shell', FIRMWARE_PATH),
  Boot001A: bootEntry('reference-node', OWN_PATH),
  BootOrder: orderOf(0x1a, 1, 0, 2),
}).reduce<Buffer>((file, [name, data]) => withVariable(file, name, data), factory);

const orderIn = (file: Buffer): readonly string[] | undefined => ownEntryLast(file)?.change.from;

t.test("the host's own entry comes behind all that may boot something, in place", (t) => {
  const struck = ownEntryLast(host);
  t.same(struck?.change, {
    from: ['001A', '0001', '0000', '0002'],
    to: ['0001', '001A', '0000', '0002'],
  });
  t.equal(struck?.bytes.length, host.length);
  const differs = [...host.keys()].filter((at) => host[at] !== struck?.bytes[at]);
  t.equal(differs.length, 2, 'the low bytes of two numbers');
  t.equal(ownEntryLast(struck?.bytes ?? factory), null, 'and is there already');
  t.end();
});

t.test('where there is nothing to change, nothing is', async (t) => {
  t.equal(ownEntryLast(factory), null, 'no order at all');
  const order = (...entries: number[]): Buffer =>
    withVariable(host, 'BootOrder', orderOf(...entries));
  t.equal(ownEntryLast(order()), null, 'an empty one');
  t.equal(ownEntryLast(order(1, 0, 2)), null, 'no entry of its own');
  t.equal(ownEntryLast(order(0x1a, 0, 2)), null, 'nothing else that could come first');
  t.equal(ownEntryLast(order(1, 2, 0x1a)), null, 'it is not first');
  const file = join(newDirectory(), 'vars.fd');
  t.equal(await putOwnEntryLast(file), null, 'a host that was never started');
  await writeFile(file, order(0x1a, 1));
  t.same((await putOwnEntryLast(file))?.to, ['0001', '001A']);
  t.same(ownEntryLast(await readFile(file)), null);
});

t.test('of several orders the valid one counts, and one that was not replaced to the end', (t) => {
  const newer = withVariable(host, 'BootOrder', orderOf(0x1a, 7));
  t.same(orderIn(newer), ['001A', '0007'], 'an entry that is not there could boot something');
  const unfinished = withVariable(host, 'BootOrder', orderOf(0x1a, 7), 0x7f);
  t.same(orderIn(unfinished), ['001A', '0001', '0000', '0002']);
  const alone = withVariable(factory, 'Boot001A', bootEntry('own', OWN_PATH));
  t.same(orderIn(withVariable(alone, 'BootOrder', orderOf(0x1a, 7), 0x3e)), ['001A', '0007']);
  t.end();
});

t.test('what is no whole store is refused, and nothing is written', async (t) => {
  const file = join(newDirectory(), 'vars.fd');
  const spoiled = (at: number, ...bytes: number[]): Buffer => {
    const copy = Buffer.from(host);
    copy.set(bytes, at);
    return copy;
  };
  const cases: Readonly<Record<string, Buffer>> = {
    'no firmware volume': Buffer.alloc(100),
    'nothing at all': Buffer.alloc(0),
    'no authenticated variable store': spoiled(72, 0),
    'ends before its variable store': host.subarray(0, host.length / 8),
    'another signature': spoiled(40, 0),
    'no variable begins at byte 100': spoiled(0x64, 0),
    'ends outside of it': spoiled(0x64 + 40, 0xff, 0xff, 0xff, 0x7f),
    'not a list of numbers': withVariable(host, 'BootOrder', Buffer.alloc(3)),
  };
  for (const [why, bytes] of Object.entries(cases)) {
    await writeFile(file, bytes);
    await t.rejects(putOwnEntryLast(file), { code: 'env/io', hint: /OVMF/ }, why);
    t.ok((await readFile(file)).equals(bytes), why);
  }
});

t.test('whatever is in it, no more than the numbers of the order are moved', (t) => {
  const random = prng(20);
  const used = host.indexOf(Buffer.alloc(64, 0xff), 0x64);
  const ends = { struck: 0, same: 0, refused: 0 };
  const wrong: number[] = [];
  for (let round = 0; round < 2000; round++) {
    const hostile = Buffer.from(host);
    for (let flips = random.integer(4); flips >= 0; flips--)
      hostile.writeUInt8(random.integer(256), random.integer(used));
    const bytes = random.integer(4) === 0 ? hostile.subarray(0, random.integer(used)) : hostile;
    try {
      const struck = ownEntryLast(bytes);
      ends[struck === null ? 'same' : 'struck']++;
      if (struck !== null && !isMoved(bytes, struck)) wrong.push(round);
    } catch (error) {
      if (!(error instanceof HostproofError && error.code === 'env/io')) throw error;
      ends.refused++;
    }
  }
  t.same(wrong, []);
  for (const [end, times] of Object.entries(ends)) t.ok(times > 50, `${end}: ${times.toString()}`);
  t.end();
});

/** The same numbers in another order in one place, and nothing else. */
function isMoved(
  before: Buffer,
  { bytes, change: { from, to } }: NonNullable<ReturnType<typeof ownEntryLast>>,
): boolean {
  if (before.length !== bytes.length) return false;
  let [first, last] = [before.length, 0];
  for (let at = 0; at < before.length; at++) {
    if (before[at] === bytes[at]) continue;
    [first, last] = [Math.min(first, at), at];
  }
  return last - first < 2 * from.length && [...from].sort().join() === [...to].sort().join();
}

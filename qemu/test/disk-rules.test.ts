/** What is armed strikes what it is for, once or as often as it should, and says so. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createLog, fileOf } from '../disk-server/chain.ts';
import { DiskLog } from '../disk-server/log.ts';
import { NBD_ERROR } from '../disk-server/protocol.ts';
import { Client } from './disk-server/client.ts';
import { MIB, serve, served } from './disk-server/served.ts';
import { newDirectory } from './machines.ts';

t.setTimeout(120_000);

const BLOCK = Buffer.alloc(4096, 'x');
const TWO_DISKS = ['disk0', 'disk1'].map((name) => ({ name, sizeBytes: MIB }));

t.test('an error, on the third write, twice', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  const effect = { kind: 'error', error: 'io' } as const;
  await disk.server.arm({ id: 'bad', command: 'write', nth: 3, times: 2, effect });
  const errors = [];
  for (let write = 0; write < 6; write++) errors.push(await client.write(write * 4096, BLOCK));
  t.same(errors, [0, 0, NBD_ERROR.io, NBD_ERROR.io, 0, 0]);
  t.ok((await client.read(8192, 8192)).equals(Buffer.alloc(8192)), 'what failed is not written');
  t.notOk(await disk.server.disarm('bad'), 'it is over; and what was told before has come');
  t.match(disk.struck, [
    { rule: 'bad', effect: 'error', disk: 'disk0', command: 'write', offset: 8192, length: 4096 },
    { rule: 'bad', offset: 12_288 },
  ]);
  t.equal(disk.struck.length, 2);
});

t.test('what strikes often takes little of the log: its mark is stored once', async (t) => {
  const disk = await served();
  {
    using client = await Client.open(disk.socket, 'disk0');
    const effect = { kind: 'error', error: 'io' } as const;
    for (const id of ['one', 'two']) {
      await disk.server.arm({ id, command: 'read', times: 10, effect });
      for (let read = 0; read < 10; read++) {
        t.equal(await client.ask({ command: 0, length: 512 }), NBD_ERROR.io);
      }
    }
    await disk.server.mark('fault one');
  }
  await disk[Symbol.asyncDispose]();
  t.equal(statSync(fileOf(disk.log, 'data')).size, 2 * BLOCK.length);
  using log = DiskLog.open(disk.log);
  const texts = [...log.records().entries()]
    .filter(([, { kind }]) => kind === 'mark')
    .map(([number, mark]) => log.stored(number, mark).toString());
  const of = (id: string): string[] => Array.from({ length: 10 }, () => `fault ${id}`);
  t.same(texts, [...of('one'), ...of('two'), 'fault one']);
});

t.test('an error for what touches a range, until it is disarmed', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  const effect = { kind: 'error', error: 'io' } as const;
  const range = { start: 10_000, end: 20_000 };
  await disk.server.arm({ id: 'range', command: 'read', range, times: null, effect });
  const read = (offset: number, length: number) => client.ask({ command: 0, offset, length });
  t.equal(await client.write(0, Buffer.alloc(30_000)), 0, 'only reads');
  t.equal(await read(5000, 5001), NBD_ERROR.io);
  t.equal(await read(19_999, 1), NBD_ERROR.io);
  t.ok((await client.read(20_000, 100)).equals(Buffer.alloc(100)));
  t.ok((await client.read(5000, 5000)).equals(Buffer.alloc(5000)));
  t.ok(await disk.server.disarm('range'));
  t.ok((await client.read(5000, 9000)).equals(Buffer.alloc(9000)));
});

t.test('no room for what is new, while what is there can be written again', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  await client.write(0, BLOCK);
  const effect = { kind: 'error', error: 'no-space' } as const;
  await disk.server.arm({ id: 'full', isNew: true, times: null, effect });
  t.equal(await client.write(0, BLOCK), 0);
  t.equal(await client.write(2048, BLOCK), NBD_ERROR.noSpace);
  t.equal(await client.write(8192, BLOCK), NBD_ERROR.noSpace);
});

t.test('armed from a mark on, or when enough was written', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  const effect = { kind: 'error', error: 'io' } as const;
  await disk.server.arm({ id: 'marked', command: 'write', mark: 'switched', effect });
  t.equal(await client.write(0, BLOCK), 0);
  await disk.server.mark('something else');
  t.equal(await client.write(0, BLOCK), 0);
  await disk.server.mark('switched');
  t.equal(await client.write(0, BLOCK), NBD_ERROR.io);
  await disk.server.arm({ id: 'bytes', command: 'write', afterBytes: 8192, effect });
  const errors = [];
  for (let write = 0; write < 4; write++) errors.push(await client.write(0, BLOCK));
  t.same(errors, [0, 0, NBD_ERROR.io, 0]);
});

t.test('armed for one disk of several, by whatever connection it is asked', async (t) => {
  await using disk = await served(TWO_DISKS);
  using other = await Client.open(disk.socket, 'disk0');
  using first = await Client.open(disk.socket, 'disk1');
  using second = await Client.open(disk.socket, 'disk1');
  const effect = { kind: 'error', error: 'io' } as const;
  await disk.server.arm({ id: 'one', disk: 'disk1', times: null, effect });
  const errors = [];
  for (const client of [other, first, other, second]) errors.push(await client.write(0, BLOCK));
  t.same(errors, [0, NBD_ERROR.io, 0, NBD_ERROR.io]);
  t.ok(await disk.server.disarm('one'));
  t.match(disk.struck, [{ disk: 'disk1' }, { disk: 'disk1' }]);
});

t.test('armed from a time on', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  const began = performance.now();
  const effect = { kind: 'error', error: 'io' } as const;
  await disk.server.arm({ id: 'later', afterMs: 200, effect });
  while ((await client.flush()) === 0);
  t.ok(performance.now() - began >= 200);
  t.equal(await client.flush(), 0, 'and once');
});

t.test('errors also for what is discarded or zeroed, and it stays as it was', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  await client.write(0, BLOCK);
  const effect = { kind: 'error', error: 'io' } as const;
  for (const [name, command] of [
    ['trim', 4],
    ['zeroes', 6],
  ] as const) {
    await disk.server.arm({ id: name, command: name, effect });
    t.equal(await client.write(4096, BLOCK), 0, 'only that');
    t.equal(await client.ask({ command, length: 4096 }), NBD_ERROR.io, name);
    t.ok((await client.read(0, 4096)).equals(BLOCK));
    t.equal(await client.ask({ command, offset: 8192, length: 4096 }), 0, 'and once');
  }
});

t.test('slow: answered later, and others in the meantime', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  await disk.server.arm({ id: 'slow', command: 'write', effect: { kind: 'delay', ms: 200 } });
  const slow = client.send({ command: 1, payload: BLOCK });
  const quick = client.send({ command: 1, offset: 8192, payload: BLOCK });
  t.equal((await client.reply()).cookie, quick);
  t.equal((await client.reply()).cookie, slow);
  t.ok((await client.read(0, 4096)).equals(BLOCK));
});

t.test('a flush that is a lie makes nothing sure', async (t) => {
  for (const isLie of [false, true]) {
    await using disk = await served();
    using client = await Client.open(disk.socket, 'disk0');
    if (isLie) await disk.server.arm({ id: 'lie', command: 'flush', effect: { kind: 'lie' } });
    for (let write = 0; write < 200; write++)
      await client.write(write * 512, BLOCK.subarray(0, 512));
    t.equal(await client.flush(), 0);
    const { kept, lost, torn } = await disk.server.cut(1);
    t.equal(kept + lost + torn, isLie ? 200 : 0);
    if (isLie) t.ok(lost > 0);
  }
});

t.test('torn and flipped: answered as if all were well', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  const tear = { kind: 'tear', sectors: 3 } as const;
  await disk.server.arm({ id: 'torn', command: 'write', effect: tear });
  t.equal(await client.write(0, BLOCK), 0);
  const torn = Buffer.concat([BLOCK.subarray(0, 1536), Buffer.alloc(2560)]);
  t.ok((await client.read(0, 4096)).equals(torn));
  const flip = { kind: 'flip', at: 4097 } as const;
  await disk.server.arm({ id: 'flipped', command: 'write', effect: flip });
  t.equal(await client.write(8192, BLOCK), 0);
  t.equal((await client.read(8193, 1)).toString(), 'y', 'x, with its lowest bit the other');
  await disk.server.arm({ id: 'read', command: 'read', effect: flip });
  t.equal((await client.read(8192, 2)).toString(), 'xx');
  t.equal((await client.read(8192, 2)).toString(), 'xy', 'on the disk it is as it was');
});

t.test('a tear is for writes longer than what it keeps; others do not count', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  const tear = { kind: 'tear', sectors: 8 } as const;
  await disk.server.arm({ id: 'torn', nth: 2, effect: tear });
  const [first, second] = [Buffer.alloc(4097, 'x'), Buffer.alloc(4097, 'y')];
  for (const bytes of [first, BLOCK, BLOCK.subarray(0, 1), second]) {
    await client.read(0, 8192);
    t.equal(await client.write(8192, bytes), 0);
  }
  const there = await client.read(8192, 4097);
  t.ok(there.equals(Buffer.from(`${'y'.repeat(4096)}x`)), 'of the second, all but its end');
  t.notOk(await disk.server.disarm('torn'), 'it is over; and what was told before has come');
  t.match(disk.struck, [{ rule: 'torn', command: 'write', length: 4097 }]);
  t.equal(disk.struck.length, 1);
});

t.test('a disk that is gone, and back; one way of two', async (t) => {
  const log = join(newDirectory(), 'disks');
  createLog(log, [{ name: 'disk0', sizeBytes: 16 * MIB }]);
  await using disk = await serve(log, ['a', 'b']);
  const b = disk.socket.replace(/a$/, 'b');
  {
    using one = await Client.open(disk.socket, 'disk0');
    using two = await Client.open(b, 'disk0');
    await disk.server.arm({ id: 'gone', path: 'a', effect: { kind: 'vanish' } });
    t.equal(await two.write(0, BLOCK), 0);
    one.send({ command: 1, offset: 4096, payload: BLOCK });
    await one.closed;
    t.ok((await two.read(4096, 4096)).equals(Buffer.alloc(4096)), 'it was not done');
    await t.rejects(Client.connect(disk.socket), 'nobody gets in');
  }
  await disk.server.reopen('a');
  using again = await Client.open(disk.socket, 'disk0');
  t.ok((await again.read(0, 4096)).equals(BLOCK));
  using other = await Client.open(b, 'disk0');
  await disk.server.close(null);
  await Promise.all([again.closed, other.closed]);
});

t.test('of two disks one is gone, by whatever name it is asked for, and back', async (t) => {
  await using disk = await served(TWO_DISKS);
  using other = await Client.open(disk.socket, 'disk1');
  using one = await Client.open(disk.socket, 'disk0');
  await disk.server.arm({ id: 'gone', disk: 'disk0', effect: { kind: 'vanish' } });
  t.equal(await other.write(0, BLOCK), 0, 'the other is there');
  one.send({ command: 1, payload: BLOCK });
  await one.closed;
  t.ok((await other.read(0, 4096)).equals(BLOCK), 'and stays');
  for (const name of ['disk0', '']) await t.rejects(Client.open(disk.socket, name));
  using more = await Client.open(disk.socket, 'disk1');
  t.ok((await more.read(0, 4096)).equals(BLOCK));
  await disk.server.reopen(null);
  using again = await Client.open(disk.socket, '');
  t.ok((await again.read(0, 4096)).equals(Buffer.alloc(4096)), 'it is the first, and as it was');
});

t.test('a lie waits for a flush, a flip for what has bytes: others do not count', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  await disk.server.arm({ id: 'lost', effect: { kind: 'lie' } });
  t.equal(await client.write(0, BLOCK), 0);
  t.ok(await disk.server.disarm('lost'), 'nothing was lost yet');
  await disk.server.arm({ id: 'flip', effect: { kind: 'flip', at: 0 } });
  t.equal(await client.flush(), 0);
  t.notOk((await client.read(0, 4096)).equals(BLOCK));
  t.notOk(await disk.server.disarm('flip'));
  t.match(disk.struck, [{ rule: 'flip', command: 'read' }]);
});

t.test('the log tells it all, in order', async (t) => {
  const bytes = randomBytes(5000);
  const disk = await served();
  {
    using client = await Client.open(disk.socket, 'disk0');
    await client.write(100, bytes, { fua: true });
    await disk.server.mark('default switched');
    await client.flush();
    await client.ask({ command: 6, offset: 0, length: 8192 });
    await client.ask({ command: 4, offset: 0, length: 8192 });
    await disk.server.arm({ id: 'bad', effect: { kind: 'error', error: 'io' } });
    await client.write(0, BLOCK);
  }
  await disk[Symbol.asyncDispose]();
  using log = DiskLog.open(disk.log);
  const records = log.records();
  t.match(records, [
    { kind: 'write', flags: 1, disk: 0, offset: 100, length: 5000 },
    { kind: 'completion', error: 0, offset: 0 },
    { kind: 'mark', length: 'default switched'.length },
    { kind: 'flush', disk: 0 },
    { kind: 'completion', offset: 3 },
    { kind: 'zeroes', offset: 0, length: 8192 },
    { kind: 'completion', offset: 5 },
    { kind: 'discard', offset: 0, length: 8192 },
    { kind: 'completion', offset: 7 },
    { kind: 'mark' },
    { kind: 'refusal', offset: 0, length: 4096, error: NBD_ERROR.io },
  ]);
  t.equal(records.length, 11);
  const texts = [...records.entries()]
    .filter(([, { kind }]) => kind === 'mark')
    .map(([number, mark]) => log.stored(number, mark).toString());
  t.same(texts, ['default switched', 'fault bad']);
  const [write] = records;
  t.ok(write && log.stored(0, write).equals(bytes), 'what was written is kept');
});

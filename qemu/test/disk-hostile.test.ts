/** Clients that do what no sound client does: the server lives, and no byte outside their disk is read or changed. */
import { randomBytes } from 'node:crypto';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { createLog } from '../disk-server/chain.ts';
import { DiskLog } from '../disk-server/log.ts';
import { NBD_ERROR, OPTION, OPTION_REPLY } from '../disk-server/protocol.ts';
import { Client, wanted } from './disk-server/client.ts';
import { MIB } from './disk-server/served.ts';
import { newDirectory } from './machines.ts';

t.setTimeout(120_000);

import { withDisks } from './disk-server/hostile.ts';

const ERROR_BIT = 2 ** 31;

t.test('ranges that are not on the disk are refused, and change nothing', (t) =>
  withDisks(async (disk) => {
    using client = await Client.open(disk.socket, 'disk0');
    const bytes = Buffer.alloc(4096, 'x');
    for (const offset of [MIB, MIB - 1, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 4096n]) {
      t.equal(await client.ask({ command: 1, offset, payload: bytes }), NBD_ERROR.noSpace);
      t.equal(await client.ask({ command: 0, offset, length: 4096 }), NBD_ERROR.invalid);
      t.equal(await client.ask({ command: 4, offset, length: 4096 }), NBD_ERROR.invalid);
      t.equal(await client.ask({ command: 6, offset, length: 4096 }), NBD_ERROR.noSpace);
    }
    t.equal(await client.ask({ command: 4, length: 2 ** 32 - 1 }), NBD_ERROR.invalid);
    t.equal(await client.ask({ command: 0, length: 2 ** 32 - 1 }), NBD_ERROR.invalid);
    t.ok((await client.read(0, MIB)).equals(Buffer.alloc(MIB)));
  }, t),
);

t.test('requests that make no sense are refused', (t) =>
  withDisks(async (disk) => {
    using client = await Client.open(disk.socket, 'disk0');
    const refused: [string, Parameters<Client['ask']>[0]][] = [
      ['a command that there is not', { command: 77, length: 4096 }],
      ['flags that there are not', { command: 0, flags: 0x8000, length: 4096 }],
      ['nothing to read', { command: 0, length: 0 }],
      ['nothing to write', { command: 1, payload: Buffer.alloc(0) }],
      ['a flush of a range', { command: 3, offset: 4096, length: 512 }],
    ];
    for (const [what, wire] of refused) t.equal(await client.ask(wire), NBD_ERROR.invalid, what);
  }, t),
);

t.test('a payload beyond any measure is refused, and passed over', (t) =>
  withDisks(async (disk) => {
    using client = await Client.open(disk.socket, 'disk0');
    const payload = Buffer.alloc(33 * MIB, 'x');
    t.equal(await client.ask({ command: 1, payload }), NBD_ERROR.invalid);
    t.ok((await client.read(0, MIB)).equals(Buffer.alloc(MIB)), 'the next request is understood');
    client.send({ command: 1, length: 2 ** 32 - 1, payload: Buffer.alloc(1000) });
    t.equal((await client.reply()).error, NBD_ERROR.invalid, 'it is not waited for');
  }, t),
);

t.test('a wrong magic number ends the connection', (t) =>
  withDisks(async (disk) => {
    using client = await Client.open(disk.socket, 'disk0');
    client.send({ magic: 0x12345678, length: 4096 });
    await client.closed;
    using early = await Client.connect(disk.socket);
    early.flags(3);
    early.socket.write(Buffer.alloc(64, 'x'));
    await early.closed;
    using unknown = await Client.connect(disk.socket);
    unknown.flags(0xff);
    await unknown.closed;
  }, t),
);

t.test('options that are wrong are refused, and the next is heard', (t) =>
  withDisks(async (disk) => {
    using client = await Client.connect(disk.socket);
    client.flags(3);
    const answer = async (option: number, payload?: Buffer): Promise<number> => {
      client.option(option, payload);
      return (await client.optionReply()).type;
    };
    t.equal(await answer(99), OPTION_REPLY.unsupported);
    t.equal(await answer(OPTION.startTls), OPTION_REPLY.unsupported);
    t.equal(await answer(OPTION.go, wanted('no such disk')), OPTION_REPLY.unknown);
    t.equal(await answer(OPTION.go, wanted('../disk0')), OPTION_REPLY.unknown);
    t.equal(await answer(OPTION.list, Buffer.alloc(4)), OPTION_REPLY.invalid);
    const lying = wanted('disk0');
    lying.writeUInt32BE(2 ** 32 - 1);
    t.equal(await answer(OPTION.info, lying), OPTION_REPLY.invalid);
    t.equal(await answer(OPTION.info, Buffer.alloc(3)), OPTION_REPLY.invalid);
    t.equal(await answer(OPTION.info, Buffer.alloc(200_000)), OPTION_REPLY.tooBig);
    t.ok((await answer(OPTION.info, wanted('disk0'))) < ERROR_BIT, 'and this is right');
  }, t),
);

t.test('the oldest way to begin works, and ends for a disk that there is not', (t) =>
  withDisks(async (disk) => {
    using client = await Client.connect(disk.socket);
    client.flags(1);
    client.option(OPTION.exportName, Buffer.from('disk1'));
    t.equal((await client.take(134)).readBigUInt64BE(0), BigInt(MIB));
    t.equal((await client.read(0, 5)).toString(), 'sound');
    using other = await Client.connect(disk.socket);
    other.flags(3);
    other.option(OPTION.exportName, Buffer.from('disk7'));
    await other.closed;
  }, t),
);

t.test('who goes in the middle of a request changes nothing by it', (t) =>
  withDisks(async (disk) => {
    for (const length of [1, 27, 28, 29, 1000, 28 + 4095]) {
      using client = await Client.open(disk.socket, 'disk0');
      const header = Buffer.alloc(28);
      header.writeUInt32BE(0x25609513, 0);
      header.writeUInt16BE(1, 6);
      header.writeUInt32BE(4096, 24);
      client.socket.end(Buffer.concat([header, Buffer.alloc(4096, 'x')]).subarray(0, length));
      await client.closed;
    }
    using client = await Client.open(disk.socket, 'disk0');
    t.ok((await client.read(0, MIB)).equals(Buffer.alloc(MIB)));
  }, t),
);

t.test('noise at every stage', (t) =>
  withDisks(async (disk) => {
    for (let round = 0; round < 40; round++) {
      const socket = createConnection({ path: disk.socket });
      socket.on('error', () => undefined);
      socket.end(randomBytes(round * 50));
      await new Promise((resolve) => socket.on('close', resolve).resume());
    }
    for (let round = 0; round < 40; round++) {
      using client = await Client.open(disk.socket, 'disk0');
      client.socket.end(randomBytes(1 + round * 37));
      await client.closed;
    }
  }, t),
);

t.test('a write may come in any number of pieces', (t) => {
  const log = join(newDirectory(), 'log');
  createLog(log, [{ name: 'disk0', sizeBytes: MIB }]);
  using open = DiskLog.open(log);
  const pieces = Array.from({ length: 200_000 }, () => Buffer.from('x'));
  open.disks[0]?.write(0, pieces, pieces.length);
  t.ok(open.disks[0]?.read(0, 200_000).equals(Buffer.alloc(200_000, 'x')));
  t.end();
});

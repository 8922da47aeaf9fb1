/** What clients can have a disk server hold in memory, and the places that they take, is bounded. */
import { randomBytes } from 'node:crypto';
import { createConnection } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { Incoming } from '../disk-server/incoming.ts';
import { NBD_ERROR } from '../disk-server/protocol.ts';
import { Client } from './disk-server/client.ts';
import { MIB } from './disk-server/served.ts';

t.setTimeout(120_000);

import { isWell, isWithin, mostMebibytes, withDisks } from './disk-server/hostile.ts';

t.setTimeout(120_000);

t.test('who does not read the answers is not read from either', (t) =>
  withDisks(async (disk) => {
    using client = await Client.open(disk.socket, 'disk0');
    client.socket.pause();
    // all at once: the server finds them in one piece
    client.socket.cork();
    for (let request = 0; request < 2000; request++) client.send({ length: MIB });
    client.socket.uncork();
    // the server does one thing after the other: when another client is served, it has seen all of that
    await isWell(t, disk);
    await isWithin(t, disk, 600, 'what would be 2 GB');
  }, t),
);

/** As many clients as the server has beside the one of the fixture. */
const PLACES = 255;

t.test('whoever is sent away and does not read makes room for others all the same', (t) =>
  withDisks(async (disk) => {
    const clients = await Promise.all(
      Array.from({ length: PLACES }, async () => {
        const client = await Client.open(disk.socket, 'disk0');
        client.socket.pause();
        client.send({ length: MIB });
        client.socket.write(Buffer.alloc(28, 'x'));
        return client;
      }),
    );
    const isServed = async (): Promise<boolean> => {
      using client = await Client.open(disk.socket, 'disk0').catch(() => null);
      return client !== null;
    };
    while (!(await isServed())) await setTimeout(100);
    for (const client of clients) client[Symbol.dispose]();
    await isWell(t, disk);
  }, t),
);

t.test('answers that are held back count like those that are not read', (t) =>
  withDisks(async (disk) => {
    const delay = { kind: 'delay', ms: 1500 } as const;
    await disk.server.arm({ id: 'slow', disk: 'disk0', times: null, effect: delay });
    const clients = await Promise.all(
      Array.from({ length: 12 }, () => Client.open(disk.socket, 'disk0')),
    );
    for (const client of clients) {
      client.socket.pause();
      for (let request = 0; request < 60; request++) client.send({ length: MIB });
    }
    await disk.server.disarm('slow');
    await isWell(t, disk);
    await setTimeout(1600);
    await isWell(t, disk);
    await isWithin(t, disk, 600, 'what would be 720 MB');
    for (const client of clients) client.socket.destroy();
  }, t),
);

t.test('requests that never end leave room for others, and give it back', (t) =>
  withDisks(async (disk) => {
    const clients = await Promise.all(
      Array.from({ length: 40 }, () => Client.open(disk.socket, 'disk0')),
    );
    const part = Buffer.alloc(31 * MIB, 'x');
    for (const client of clients) {
      client.send({ command: 1, length: 32 * MIB, payload: Buffer.alloc(0) });
      client.socket.write(part);
    }
    for (let before = -1; before !== (await mostMebibytes(disk));) {
      before = await mostMebibytes(disk);
      await setTimeout(500);
    }
    await isWell(t, disk);
    await isWithin(t, disk, 600, 'what would be 1.2 GB');
    using large = await Client.open(disk.socket, 'disk1');
    const answer = large.write(0, Buffer.alloc(16 * MIB, 'x'));
    for (const client of clients) client.socket.destroy();
    t.equal(await answer, NBD_ERROR.noSpace, 'a large request goes on when they are gone');
  }, t),
);

t.test('who asks for little and reads nothing is not read from either', (t) =>
  withDisks(async (disk) => {
    const clients = await Promise.all(
      Array.from({ length: 8 }, () => Client.open(disk.socket, 'disk0')),
    );
    const flush = Buffer.alloc(28);
    flush.writeUInt32BE(0x25609513, 0);
    flush.writeUInt16BE(3, 6);
    const flushes = Buffer.concat(Array.from({ length: 300_000 }, () => flush));
    for (const { socket } of clients) socket.pause().write(flushes);
    await isWell(t, disk);
    await setTimeout(500);
    t.ok(
      clients.some(({ socket }) => socket.writableLength > 0),
      'not all of it was taken',
    );
    await isWell(t, disk);
    await isWithin(t, disk, 600, 'what would be a gigabyte');
    for (const client of clients) client.socket.destroy();
  }, t),
);

t.test('what comes byte by byte is not kept byte by byte', (t) => {
  const incoming = new Incoming();
  const bytes = randomBytes(100_000);
  for (let at = 0; at < bytes.length; at++) incoming.push(bytes.subarray(at, at + 1));
  const pieces = incoming.takePieces(bytes.length);
  t.ok(pieces.length < 100, pieces.length.toString());
  t.ok(Buffer.concat(pieces).equals(bytes));
  t.end();
});

t.test('who was sent away and does not go keeps nobody out', (t) =>
  withDisks(async (disk) => {
    const stubborn = Array.from({ length: 300 }, () =>
      createConnection({ path: disk.socket, allowHalfOpen: true }).on('error', () => undefined),
    );
    for (const socket of stubborn) socket.resume().write(Buffer.alloc(100, 'x'));
    await Promise.all(
      stubborn.map(
        (socket) => new Promise((resolve) => socket.on('end', resolve).on('close', resolve)),
      ),
    );
    await isWell(t, disk);
    for (const socket of stubborn) socket.destroy();
  }, t),
);

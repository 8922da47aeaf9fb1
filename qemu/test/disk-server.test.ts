/** The disk server, with the clients that others have written. */
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { qemuArguments } from '../arguments.ts';
import { deferred } from '../deferred.ts';
import { createLog, FILES, fileOf } from '../disk-server/chain.ts';
import { flattenLog } from '../disk-server/flatten.ts';
import { Client } from './disk-server/client.ts';
import { forked, MIB, serve, served } from './disk-server/served.ts';
import { newDirectory } from './machines.ts';
import { runInNamespace, skip } from './namespace.ts';

t.setTimeout(120_000);

const uri = (socket: string, disk = 'disk0'): string => `nbd+unix:///${disk}?socket=${socket}`;

const WRITES = 15;

/** The disk as a machine has it. */
function blockdevOf(socket: string): string {
  const described = qemuArguments({
    ...{ name: 'tiny', accelerator: { kind: 'tcg', cpuModel: 'Nehalem' }, memoryMiB: 32, cpus: 1 },
    ...{ firmware: { kind: 'bios' }, sockets: { qmp: '/qmp', serial: '/serial' } },
    disks: [{ id: 'disk0', socket }],
  });
  return described[described.indexOf('-blockdev') + 1] ?? '';
}

t.test('qemu-io writes, zeroes, discards and reads, aligned and not', async (t) => {
  await using disk = await served();
  const io = (...commands: string[]) =>
    execa('qemu-io', ['-f', 'raw', ...commands.flatMap((one) => ['-c', one]), uri(disk.socket)]);
  await io('write -P 0x11 0 1M', 'write -P 0x22 512 1024', 'write -P 0x33 4095 2', 'flush');
  await io('write -z 8192 5000', 'discard 65536 65536', 'write -f -P 0x44 200000 4M');
  const { stdout } = await io(
    ...['read -P 0x11 0 512', 'read -P 0x22 512 1024', 'read -P 0x11 1536 2559'],
    ...['read -P 0x33 4095 2', 'read -P 0x11 4097 4095', 'read -P 0 8192 5000'],
    ...['read -P 0x11 13192 52344', 'read -P 0 65536 65536', 'read -P 0x44 200000 4M'],
  );
  t.notMatch(stdout, /Pattern verification failed/);
  t.equal(stdout.match(/^read /gm)?.length, 9);
});

t.test('what QEMU writes and does not flush, a power cut may take', async (t) => {
  const counts = { kept: 0, lost: 0, torn: 0 };
  for (let seed = 1; seed <= 5; seed++) {
    await using disk = await served();
    // before one more: QEMU flushes when it ends, and finds nobody then
    const vanish = { kind: 'vanish' } as const;
    await disk.server.arm({ id: 'gone', command: 'write', nth: WRITES + 1, effect: vanish });
    const writes = Array.from({ length: WRITES + 1 }, (_, at) => `write ${at.toString()}M 64k`);
    const commands = writes.flatMap((one) => ['-c', one]);
    const { failed } = await execa(
      'qemu-io',
      ['-t', 'writeback', ...commands, `json:${blockdevOf(disk.socket)}`],
      {
        reject: false,
      },
    );
    t.ok(failed);
    const cut = await disk.server.cut(seed);
    t.equal(cut.kept + cut.lost + cut.torn, WRITES);
    for (const fate of ['kept', 'lost', 'torn'] as const) counts[fate] += cut[fate];
  }
  t.ok(counts.kept > 0 && counts.lost > 0, JSON.stringify(counts));
});

t.test('qemu-img and nbdcopy copy a disk in and out, byte for byte', async (t) => {
  const directory = newDirectory();
  const [original, copy] = [join(directory, 'original'), join(directory, 'copy')];
  const bytes = Buffer.alloc(16 * MIB);
  for (let at = 0; at < bytes.length; at += 5 * 65_536) randomBytes(100_001).copy(bytes, at);
  await writeFile(original, bytes);
  for (const [how, into, out] of [
    [
      'qemu-img',
      (to: string) => ['convert', '-n', '-f', 'raw', '-O', 'raw', original, to],
      (from: string) => ['convert', '-f', 'raw', '-O', 'raw', from, copy],
    ],
    ['nbdcopy', (to: string) => [original, to], (from: string) => [from, copy]],
  ] as const) {
    await using disk = await served();
    await execa(how, into(uri(disk.socket)));
    await execa(how, out(uri(disk.socket)));
    t.ok((await readFile(copy)).equals(bytes), how);
  }
});

t.test('nbdinfo is told what there is', async (t) => {
  await using disk = await served([
    { name: 'disk0', sizeBytes: 16 * MIB },
    { name: 'disk1', sizeBytes: 12_800 },
  ]);
  const { stdout } = await execa('nbdinfo', ['--list', '--json', uri(disk.socket)]);
  t.match(JSON.parse(stdout), {
    protocol: 'newstyle-fixed',
    exports: [
      {
        'export-name': 'disk0',
        'export-size': 16 * MIB,
        is_read_only: false,
        can_fua: true,
        can_flush: true,
        can_trim: true,
        can_zero: true,
        can_multi_conn: true,
        block_size_maximum: 32 * MIB,
      },
      { 'export-name': 'disk1', 'export-size': 12_800 },
    ],
  });
});

t.test('a disk of an odd size can be used up to its last byte', async (t) => {
  await using disk = await served([{ name: 'disk0', sizeBytes: 12_800 }]);
  using client = await Client.open(disk.socket, 'disk0');
  const bytes = randomBytes(12_800);
  t.equal(await client.write(0, bytes), 0);
  t.ok((await client.read(0, 12_800)).equals(bytes));
  t.equal(await client.ask({ command: 6, offset: 8192, length: 4608 }), 0);
  t.ok((await client.read(8192, 4608)).equals(Buffer.alloc(4608)));
  t.ok((await client.read(0, 8192)).equals(bytes.subarray(0, 8192)));
});

t.test('forks go on from one log, and none sees what another has written', async (t) => {
  const common = randomBytes(100_000);
  const disk = await served();
  {
    using client = await Client.open(disk.socket, 'disk0');
    await client.write(1000, common);
    await disk.server.mark('installed');
  }
  await disk[Symbol.asyncDispose]();
  const below = await readFile(`${disk.log}.data`);
  await using one = await forked(disk.log);
  await using two = await forked(disk.log);
  using first = await Client.open(one.socket, 'disk0');
  using second = await Client.open(two.socket, 'disk0');
  t.ok((await first.read(1000, 100_000)).equals(common));
  await first.write(50_000, Buffer.alloc(1, 'x'));
  await second.write(50_000, Buffer.alloc(1, 'y'));
  t.equal((await first.read(50_000, 1)).toString(), 'x');
  t.equal((await second.read(50_000, 1)).toString(), 'y');
  t.ok((await second.read(50_001, 51_000)).subarray(0, 50_999).equals(common.subarray(49_001)));
  t.ok((await readFile(`${disk.log}.data`)).equals(below), 'what is below does not change');
});

t.test('a log that stands alone needs none below, and has the same disks', async (t) => {
  const bytes = randomBytes(3 * MIB);
  const disk = await served();
  {
    using client = await Client.open(disk.socket, 'disk0');
    await client.write(1000, bytes);
  }
  await disk[Symbol.asyncDispose]();
  const fork = await forked(disk.log);
  {
    using client = await Client.open(fork.socket, 'disk0');
    await client.write(5000, Buffer.alloc(100, 'x'));
    await client.ask({ command: 6, offset: MIB, length: 8192 });
  }
  await fork[Symbol.asyncDispose]();
  bytes.fill('x', 4000, 4100).fill(0, MIB - 1000, MIB - 1000 + 8192);
  await flattenLog(fork.log);
  for (const kind of FILES) await rm(fileOf(disk.log, kind));
  await using alone = await serve(fork.log);
  using client = await Client.open(alone.socket, 'disk0');
  t.ok((await client.read(1000, 3 * MIB)).equals(bytes));
  t.ok((await client.read(0, 1000)).equals(Buffer.alloc(1000)));
  t.match(await alone.server.cut(1), { kept: 0, lost: 0, torn: 0 });
});

t.test('killed at any time, all that was answered is there', async (t) => {
  const disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  const answered = new Map<number, number>();
  const { promise: isBusy, resolve: beBusy } = deferred<undefined>();
  const written = (async () => {
    for (let round = 1; ; round++) {
      const at = (round % 100) * 5000;
      const sent = client.send({ command: 1, offset: at, payload: Buffer.alloc(4097, round) });
      const reply = await client.reply();
      if (reply.cookie === sent) answered.set(at, round % 256);
      if (answered.size === 90) beBusy(undefined);
    }
  })();
  written.catch(() => undefined);
  await isBusy;
  if (disk.server.pid !== undefined) process.kill(disk.server.pid, 'SIGKILL');
  await t.rejects(disk.server.unfit, { code: 'env/io' }, 'and it is told');
  await t.rejects(written);
  await t.rejects(disk.server.mark('x'), { code: 'env/io' });
  await using again = await serve(disk.log);
  using reader = await Client.open(again.socket, 'disk0');
  for (const [at, value] of answered) {
    const byte = (await reader.read(at, 1))[0] ?? -1;
    // the write that was under way may be there, or not
    t.ok(byte === value || byte === (value + 100) % 256, `at ${at.toString()}`);
  }
});

t.test(
  'with a full disk below it ends, and all that was answered is there',
  { skip },
  async (t) => {
    const { stdout, stderr } = await runInNamespace(import.meta.resolve('./fixtures/full-log.ts'));
    t.equal(stderr, '');
    const { code, answered, sound } = JSON.parse(stdout) as Record<string, unknown>;
    t.equal(code, 'env/disk-full');
    t.ok(Number(answered) > 10);
    t.equal(sound, answered);
  },
);

t.test(
  'without room to stand alone a log is as it was, and it is told why',
  { skip },
  async (t) => {
    const { stdout, stderr } = await runInNamespace(import.meta.resolve('./fixtures/full-flat.ts'));
    t.equal(stderr, '');
    const told = JSON.parse(stdout) as Record<string, unknown>;
    t.match(told, { code: 'env/disk-full', message: /ENOSPC/, isSound: true });
    t.ok(told.isLateSound, 'what could not be committed can be when there is room');
    t.equal(told.left, 2 * FILES.length, 'of what was begun nothing is left');
    t.equal(told.descriptors, 0);
  },
);

t.test('ended in peace, it is not unfit, and takes no more wishes', async (t) => {
  const disk = await served();
  let isUnfit = false;
  disk.server.unfit.catch(() => (isUnfit = true));
  await disk[Symbol.asyncDispose]();
  await t.rejects(disk.server.mark('too late'), { code: 'env/io' });
  t.notOk(isUnfit);
});

t.test('several connections lead to one disk', async (t) => {
  const log = join(newDirectory(), 'disks');
  await using a = await served(undefined, log);
  using one = await Client.open(a.socket, 'disk0');
  using two = await Client.open(a.socket, 'disk0');
  await one.write(0, Buffer.from('by one'));
  t.equal((await two.read(0, 6)).toString(), 'by one');
});

t.test('a flush covers what was completed on any connection, of its disk alone', async (t) => {
  const log = join(newDirectory(), 'disks');
  createLog(
    log,
    ['disk0', 'disk1'].map((name) => ({ name, sizeBytes: MIB })),
  );
  await using disk = await serve(log, ['a', 'b']);
  const otherPath = disk.socket.replace(/a$/, 'b');
  for (const [flushed, path, unsure] of [
    ['disk0', disk.socket, 0],
    ['disk0', otherPath, 0],
    ['disk1', disk.socket, WRITES],
  ] as const) {
    const bytes = randomBytes(WRITES * 4096);
    using writer = await Client.open(disk.socket, 'disk0');
    using flusher = await Client.open(path, flushed);
    for (let at = 0; at < bytes.length; at += 4096) {
      t.equal(await writer.write(at, bytes.subarray(at, at + 4096)), 0);
    }
    t.equal(await flusher.flush(), 0);
    const { kept, lost, torn } = await disk.server.cut(1);
    t.equal(kept + lost + torn, unsure);
    using reader = await Client.open(disk.socket, 'disk0');
    t.equal((await reader.read(0, bytes.length)).equals(bytes), unsure === 0);
  }
});

t.test('what is not answered yet when a flush arrives is not made sure by it', async (t) => {
  await using disk = await served();
  using client = await Client.open(disk.socket, 'disk0');
  t.equal(await client.write(MIB, randomBytes(512)), 0, 'this was answered before');
  // all at once: the server finds them in one piece
  client.socket.cork();
  for (let write = 0; write < WRITES; write++) {
    client.send({ command: 1, offset: write * 512, payload: randomBytes(512) });
  }
  client.send({ command: 1, flags: 1, offset: 2 * MIB, payload: randomBytes(512) });
  client.send({ command: 3 });
  client.socket.uncork();
  for (let reply = 0; reply < WRITES + 2; reply++) t.equal((await client.reply()).error, 0);
  const { kept, lost, torn } = await disk.server.cut(1);
  t.equal(kept + lost + torn, WRITES, 'and what is forced is sure by itself');
});

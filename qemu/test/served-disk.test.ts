/** Machines whose disk a disk server serves. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { systemClock } from '../../harness/adapters/clock.ts';
import { files } from '../../harness/adapters/files.ts';
import { after } from '../../harness/domain/moment.ts';
import { powerCut } from '../../harness/faults/power-cut.ts';
import type { StepContext } from '../../harness/ports/host.ts';
import { abortable } from '../../harness/run/abortable.ts';
import { Faults } from '../../harness/run/faults.ts';
import type { Power } from '../../harness/run/power.ts';
import { ServedDisk } from '../../harness/run/served-disk.ts';
import { forkLog } from '../disk-server/chain.ts';
import { DiskLog } from '../disk-server/log.ts';
import { diskServers } from '../disk-servers.ts';
import { QemuHypervisor } from '../hypervisor.ts';
import type { QemuMachine } from '../machine.ts';
import { readSectors, writeSectors } from '../sectors.ts';
import { MIB, serve, served, type Served } from './disk-server/served.ts';
import { GREETING, guestSector, WRITTEN_AT_BYTES, writeGuestDisk } from './guest.ts';
import { diskOf, newDirectory, resumeGuest, seen } from './machines.ts';

t.setTimeout(120_000);

const DISKS = [{ name: 'system', sizeBytes: 2 * MIB }];
const CODE_BYTES = 128;
const going = new AbortController().signal;
const diskAt = (socket: string) => ({ id: 'system', socket, bootIndex: 0 });

/** The test guest's disk, served; and nothing of it that is not sure. */
async function guestDisk(): Promise<Served> {
  const disk = await served(DISKS);
  const file = join(newDirectory(), 'disk.raw');
  await writeGuestDisk(file);
  const target = `nbd+unix:///system?socket=${disk.socket}`;
  await execa('qemu-img', ['convert', '-n', '-f', 'raw', '-O', 'raw', file, target]);
  return disk;
}

async function startOn(
  { socket }: Served,
  memory?: { file: string; share: boolean },
  stateFile?: string,
): Promise<QemuMachine> {
  const changes = { disks: [diskAt(socket)], ...(memory && { memoryFile: memory }) };
  const machine = await resumeGuest(newDirectory(), changes, stateFile);
  if (stateFile === undefined) await seen(machine.console, GREETING);
  return machine;
}

async function type(machine: QemuMachine, text: string, answer: string): Promise<void> {
  await machine.console.type(text);
  await seen(machine.console, answer);
}

/** What the guest writes is its own first sector, in whose end it has variables. */
function isWritten(log: string): boolean {
  using open = DiskLog.open(log);
  const there = open.disks[0]?.read(WRITTEN_AT_BYTES, CODE_BYTES);
  return there?.equals(guestSector().subarray(0, CODE_BYTES)) ?? false;
}

t.test('a guest boots from it, writes, and the log has it', async (t) => {
  await using disk = await guestDisk();
  await using machine = await startOn(disk);
  await type(machine, 'w', 'w!');
  t.match(await machine.blockStatistics(), { bytesWritten: 512 });
  await machine.powerCut();
  await disk[Symbol.asyncDispose]();
  t.ok(isWritten(disk.log));
  using log = DiskLog.open(disk.log);
  const writes = log.records().filter(({ kind }) => kind === 'write');
  t.match(writes.at(-1), { offset: WRITTEN_AT_BYTES, length: 512 });
});

t.test(
  'what a disk does wrong at the first read is done to the guest, and not to QEMU',
  async (t) => {
    await using disk = await served(DISKS);
    const effect = { kind: 'error', error: 'io' } as const;
    await disk.server.arm({ id: 'bad', command: 'read', effect });
    const directory = newDirectory();
    const file = join(directory, 'disk.raw');
    await writeGuestDisk(file);
    const unused = { ...diskAt(disk.socket), id: 'spare', exportName: 'system', bootIndex: 1 };
    await using machine = await resumeGuest(directory, { disks: [diskOf(file), unused] });
    await seen(machine.console, GREETING);
    t.ok(await disk.server.disarm('bad'), 'nobody has read it');
    t.same(disk.struck, []);
  },
);

t.test('an error that was ordered is the guest’s to see, and the machine goes on', async (t) => {
  await using disk = await guestDisk();
  await using machine = await startOn(disk);
  const effect = { kind: 'error', error: 'io' } as const;
  await disk.server.arm({ id: 'bad', command: 'write', effect });
  await type(machine, 'w', 'w?');
  t.notOk(await disk.server.disarm('bad'), 'it is over; and what was told before has come');
  t.match(disk.struck, [{ rule: 'bad', offset: WRITTEN_AT_BYTES, length: 512 }]);
  await type(machine, 'xw', 'xw!');
});

t.test(
  'a disk that is gone fails what is asked of it; when it is back, it is used again',
  async (t) => {
    await using disk = await guestDisk();
    await using machine = await startOn(disk);
    await disk.server.close(null);
    await type(machine, 'w', 'w?');
    await disk.server.reopen(null);
    // QEMU tries once a second to connect; the guest asks again until it has
    for (const letter of 'abcdefghij') {
      await type(machine, `${letter}w`, `${letter}w`);
      await Promise.race(['!', '?'].map((end) => seen(machine.console, `${letter}w${end}`)));
      if (machine.console.tail(20).some((line) => line.includes(`${letter}w!`))) return;
    }
    t.fail('it is never used again');
  },
);

t.test('a machine that is switched on while its disk is gone waits for it', async (t) => {
  await using disk = await guestDisk();
  let tries = 0;
  const front = createServer((client) => {
    tries++;
    if (tries === 1) {
      client.destroy();
      return;
    }
    const server = connect(disk.socket);
    for (const end of [client, server]) end.on('error', () => undefined);
    client.pipe(server).pipe(client);
  });
  const socket = join(newDirectory(), 'front');
  await once(front.listen(socket), 'listening');
  {
    await using machine = await startOn({ ...disk, socket });
    t.ok(tries > 1);
    await machine.powerCut();
  }
  front.close();
});

t.test('one that never comes back is told by QEMU', async (t) => {
  await using disk = await guestDisk();
  await disk.server.close(null);
  await t.rejects(startOn(disk), { code: 'env/qemu-start', message: /Failed to/ });
});

t.test(
  'a guest that does not flush gets writes that are sure: a power cut takes none',
  async (t) => {
    await using disk = await guestDisk();
    await using machine = await startOn(disk);
    await type(machine, 'w', 'w!');
    await machine.powerCut();
    // a BIOS knows nothing of a write cache: QEMU has every write of it forced (FUA)
    t.match(await disk.server.cut(1), { kept: 0, lost: 0, torn: 0 });
    await disk[Symbol.asyncDispose]();
    t.ok(isWritten(disk.log));
  },
);

t.test('a frozen machine goes on, any number of times, on forks of its disk', async (t) => {
  const directory = newDirectory();
  const [memory, state] = [join(directory, 'memory'), join(directory, 'state')];
  await using disk = await guestDisk();
  {
    await using machine = await startOn(disk, { file: memory, share: true });
    await type(machine, 'x', 'x');
    await machine.freeze(state);
  }
  await disk[Symbol.asyncDispose]();
  for (const doesWrite of [true, false]) {
    const log = join(newDirectory(), 'fork');
    forkLog(log, disk.log);
    await using fork = await serve(log);
    await using machine = await startOn(fork, { file: memory, share: false }, state);
    await type(machine, doesWrite ? 'w' : 'y', doesWrite ? 'w!' : 'y');
    await machine.powerCut();
    await fork[Symbol.asyncDispose]();
    t.equal(isWritten(log), doesWrite);
  }
  t.notOk(isWritten(disk.log), 'what is below does not change');
});

t.test('a machine whose disk server dies is unfit, whatever its guest makes of it', async (t) => {
  await using disk = await served();
  const dir = newDirectory();
  await using machine = await new QemuHypervisor({ cacheDirectory: dir }).start({
    ...{ name: 'orphaned', dir, memoryMiB: 128, cpus: 1, firmware: 'uefi', forward: [] },
    variablesFile: join(dir, 'vars.fd'),
    disks: [{ id: 'disk0', socket: disk.socket, unfit: disk.server.unfit, kind: 'disk' }],
  });
  if (disk.server.pid !== undefined) process.kill(disk.server.pid, 'SIGKILL');
  const message = /^orphaned: the disk server of .* ended with SIGKILL/;
  await t.rejects(machine.unfit, { code: 'env/io', blame: 'environment', message });
  t.match(await machine.stopped, { reason: 'io-error' });
});

t.test('the disk of a host that is installed a second time is a new one', async (t) => {
  await using disk = new ServedDisk(newDirectory(), { files, servers: diskServers });
  for (const sizeBytes of [MIB, 2 * MIB]) {
    await disk.create(sizeBytes);
    t.ok((await readSectors(disk.spec, 0, 4096)).equals(Buffer.alloc(4096)), 'it is empty');
    await writeSectors(disk.spec, 0, Buffer.alloc(4096, 'x'));
  }
});

t.test('a power cut at the n-th write is at the n-th write, each time', async (t) => {
  const file = join(newDirectory(), 'disk.raw');
  await writeGuestDisk(file);
  const ends: unknown[] = [];
  for (const run of ['first', 'second']) {
    const directory = newDirectory();
    await using disk = new ServedDisk(directory, { files, servers: diskServers });
    await disk.create(2 * MIB);
    await writeSectors(disk.spec, 0, await readFile(file));
    const { socket } = { socket: '', ...disk.spec };
    const changes = { disks: [{ id: 'disk0', socket, bootIndex: 0 }] };
    await using machine = await resumeGuest(newDirectory(), changes);
    await seen(machine.console, GREETING);
    const cut = (seed: number): Promise<unknown> => disk.cut(seed, () => machine.powerCut());
    const power = { machine, cut } as unknown as Power;
    const faults = new Faults({ power, disk, clock: systemClock, seed: 1 });
    const context = { signal: going, progress: () => undefined } as Partial<StepContext>;
    const { stamp } = await faults.during(
      powerCut({ when: after('write', 3) }),
      { bytesPlanned: 0, marks: {}, others: null },
      context as StepContext,
      async ({ signal }) => {
        await type(machine, 'aw', 'aw!');
        await type(machine, 'bw', 'bw!');
        await machine.console.type('cwdwew');
        return abortable(new Promise<never>(() => undefined), signal);
      },
    );
    t.match(stamp, { fault: 'power-cut', bytesWritten: 2 * 512, unflushed: { lost: 0 } }, run);
    await disk[Symbol.asyncDispose]();
    using log = DiskLog.open(join(directory, 'disk0'));
    ends.push(log.records().map(({ kind, offset }) => [kind, offset]));
  }
  t.same(ends[0], ends[1]);
  const written = (ends[0] as unknown[][]).filter(
    ([kind, offset]) => kind === 'write' && offset === WRITTEN_AT_BYTES,
  );
  t.equal(written.length, 2, 'the third is none any more');
});

/** Machines that are frozen, and what goes on from there. */
import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import t from 'tap';

import { sha256File } from '../../harness/adapters/sha256.ts';
import { HostproofError } from '../../harness/domain/errors.ts';
import { overlayDisk } from '../disks.ts';
import type { QemuMachine } from '../machine.ts';
import { loadState, saveState } from '../migration.ts';
import type { QmpClient } from '../qmp/client.ts';
import { queryConnections } from '../qmp/commands.ts';
import { GREETING } from './guest.ts';
import { diskOf, newDirectory, resumeGuest, seen, startGuest } from './machines.ts';

/** A guest that has been typed at, frozen: its files. */
async function frozen(): Promise<{ directory: string; memory: string; state: string }> {
  const directory = newDirectory();
  const [memory, state] = [join(directory, 'memory'), join(directory, 'state')];
  const machine = await startGuest(directory, { memoryFile: { file: memory, share: true } });
  await machine.console.type('w');
  await seen(machine.console, 'w!');
  await machine.freeze(state);
  t.same(await machine.stopped, { reason: 'killed', detail: 'frozen' });
  return { directory, memory, state };
}

type Frozen = Awaited<ReturnType<typeof frozen>>;

/** Goes on from there, on an overlay of the disk and a private map of the memory. */
async function fork({ directory, memory, state }: Frozen): Promise<{
  machine: QemuMachine;
  directory: string;
}> {
  const own = newDirectory();
  const disk = join(own, 'disk.qcow2');
  await overlayDisk(disk, join(directory, 'disk.raw'), 'raw');
  const changes = { disks: [diskOf(disk, 'qcow2')], memoryFile: { file: memory, share: false } };
  return { machine: await resumeGuest(own, changes, state), directory: own };
}

t.test(
  'machines go on from a frozen one, any number at once, and change nothing of it',
  async (t) => {
    const origin = await frozen();
    const files = [origin.memory, origin.state, join(origin.directory, 'disk.raw')];
    const before = await Promise.all(files.map(sha256File));
    const forks = await Promise.all([fork(origin), fork(origin)]);
    for (const [index, { machine }] of forks.entries()) {
      const letter = 'xy'[index] ?? '';
      await machine.console.type(`${letter}w`);
      await seen(machine.console, `${letter}w!`);
      const console = await readFile(join(forks[index]?.directory ?? '', 'console.log'), 'utf8');
      t.notMatch(console, GREETING, 'it has not started anew');
      t.equal((await machine.blockStatistics()).bytesWritten, 512, 'its own bytes only');
      await machine.powerCut();
    }
    t.same(await Promise.all(files.map(sha256File)), before);
  },
);

t.test(
  'QEMU says whether it has read enough of a state, and may close the line at once',
  async (t) => {
    const state = join(newDirectory(), 'state');
    // more than a socket holds: the rest cannot be sent any more
    await writeFile(state, Buffer.alloc(4 * 2 ** 20));
    let completed = (): void => undefined;
    const qmp = {
      execute: (command: string, given?: { uri: string }): Promise<unknown> => {
        if (command !== 'migrate-incoming') return Promise.resolve({});
        const server = createServer((socket) => {
          socket.once('data', () => {
            socket.destroy();
            server.close(completed);
          });
        });
        return new Promise((resolve) => {
          server.listen(given?.uri.replace('unix:', ''), () => {
            resolve({});
          });
        });
      },
      event: () =>
        new Promise((resolve) => {
          completed = () => {
            resolve({ event: 'MIGRATION', data: { status: 'completed' } });
          };
        }),
    };
    await t.resolves(loadState(qmp as unknown as QmpClient, state));
  },
);

t.test('a fork that is to be frozen in turn has a copy of the memory', async () => {
  const origin = await frozen();
  const directory = newDirectory();
  const memory = join(directory, 'memory');
  await copyFile(origin.memory, memory);
  await copyFile(join(origin.directory, 'disk.raw'), join(directory, 'disk.raw'));
  const disks = [diskOf(join(directory, 'disk.raw'))];
  const memoryFile = { file: memory, share: true };
  const machine = await resumeGuest(directory, { disks, memoryFile }, origin.state);
  await machine.console.type('z');
  await seen(machine.console, 'z');
  const state = join(directory, 'state');
  await machine.freeze(state);
  const { machine: grandchild } = await fork({ directory, memory, state });
  await grandchild.console.type('v');
  await seen(grandchild.console, 'v');
  await grandchild.powerCut();
});

t.test('a machine that nobody meant to freeze has its memory in the state', async (t) => {
  const origin = await frozen();
  for (const how of ['fork', 'start'] as const) {
    const directory = newDirectory();
    const { machine, disk, format } =
      how === 'fork'
        ? await fork(origin).then((forked) => ({
            machine: forked.machine,
            ...{ disk: join(forked.directory, 'disk.qcow2'), format: 'qcow2' as const },
          }))
        : {
            machine: await startGuest(directory, {}),
            ...{ disk: join(directory, 'disk.raw'), format: 'raw' as const },
          };
    await machine.console.type('x');
    await seen(machine.console, 'x');
    const state = join(directory, 'state');
    await machine.freeze(state);
    const own = newDirectory();
    const overlay = join(own, 'disk.qcow2');
    await overlayDisk(overlay, disk, format);
    const again = await resumeGuest(own, { disks: [diskOf(overlay, 'qcow2')] }, state);
    await again.console.type('y');
    await seen(again.console, 'y');
    const console = await readFile(join(own, 'console.log'), 'utf8');
    t.notMatch(console, GREETING, `${how}: it has not started anew`);
    await again.powerCut();
  }
});

t.test('a connection that both sides have closed is none', async (t) => {
  const rows = ['HOST_FORWARD', 'ESTABLISHED', 'FIN_WAIT_2', 'TIME_WAIT', 'CLOSED'].map(
    (state) => `  TCP[${state}]   22       127.0.0.1 40001       10.0.2.15    22     0     0`,
  );
  const qmp = { execute: () => Promise.resolve(rows.join('\r\n')) } as never;
  t.equal(await queryConnections(qmp), 2);
});

t.test('a state that is damaged, cut short or gone is told', async (t) => {
  const origin = await frozen();
  const whole = await readFile(origin.state);
  const state = join(origin.directory, 'spoiled');
  await writeFile(state, whole);
  await truncate(state, Math.floor(whole.length / 2));
  await t.rejects(fork({ ...origin, state }), { code: 'env/image-damaged' });
  await writeFile(state, Buffer.alloc(whole.length, 0xff));
  await t.rejects(fork({ ...origin, state }), { code: 'env/image-damaged' });
  await t.rejects(fork({ ...origin, state: '/nonexistent/state' }), { code: 'env/io' });
});

t.test('a QEMU that refuses, or hangs, is told, and nothing else breaks', async (t) => {
  const file = join(newDirectory(), 'state');
  const error = new HostproofError('harness/qmp', 'no');
  const ended = (): Promise<never> => new Promise((_, reject) => setImmediate(reject, error));
  const refuses = { event: ended, execute: () => ended() } as never;
  await t.rejects(saveState(refuses, file), error);
  const hangs = { event: ended, execute: () => Promise.resolve({}) } as never;
  await t.rejects(saveState(hangs, file), error);
});

t.test('a state that cannot be written is told, and the machine is gone', async (t) => {
  const directory = newDirectory();
  const memoryFile = { file: join(directory, 'memory'), share: true };
  const machine = await startGuest(directory, { memoryFile });
  await t.rejects(machine.freeze('/dev/full'), { code: 'env/disk-full', blame: 'environment' });
  t.equal((await machine.stopped).reason, 'killed');
});

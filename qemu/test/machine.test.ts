import { existsSync, readFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import t from 'tap';

import { probeAccelerator } from '../accelerator.ts';
import { cachedAccelerator } from '../accelerator-cache.ts';
import { startMachine } from '../start.ts';
import { findQemu, requireProgram } from '../version.ts';
import { GREETING, guestSector, WRITTEN_AT_BYTES } from './guest.ts';
import { leavingNothing, newDirectory, seen, startGuest } from './machines.ts';
import { runInNamespace, skip } from './namespace.ts';

/** State letter of a process; undefined if there is none. A zombie is dead, whoever fails to collect it. */
function processState(pid: number): string | undefined {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function isDead(pid: number): boolean {
  return [undefined, 'Z', 'X'].includes(processState(pid));
}

t.test('a guest runs, is typed at, writes to its disk, and leaves its evidence', async (t) => {
  const directory = newDirectory();
  await using machine = await startGuest(directory, { network: { forwardedGuestPorts: [22, 80] } });

  const status = readFileSync(`/proc/${String(machine.pid)}/status`, 'utf8');
  t.match(status, /^Seccomp:\s+2$/m, 'the sandbox is on');
  t.match(status, /^NoNewPrivs:\s+1$/m);

  await machine.console.type('ab');
  await seen(machine.console, 'ab');
  t.ok((await machine.console.screen()).rows.some((row) => row.includes('ab')));

  t.equal((await machine.blockStatistics()).bytesWritten, 0);
  await machine.console.type('w');
  await seen(machine.console, 'w!');
  t.equal((await machine.blockStatistics()).bytesWritten, 512);

  const ssh = machine.forwarded(22);
  t.not(ssh, machine.forwarded(80));
  t.throws(() => machine.forwarded(23), { code: 'harness/internal' });
  await new Promise<void>((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port: ssh });
    socket.once('error', reject).once('connect', () => {
      socket.destroy();
      resolve();
    });
  });

  await machine.powerCut();
  t.same(await machine.stopped, { reason: 'killed', detail: 'power cut' });
  t.ok(isDead(machine.pid));
  await using disk = await open(join(directory, 'disk.raw'));
  const { buffer } = await disk.read(Buffer.alloc(512), 0, 512, WRITTEN_AT_BYTES);
  // The code is what it was; the BIOS's number of the drive has been added behind it.
  const code = (sector: Buffer): Buffer => sector.subarray(0, 128);
  t.same(code(buffer), code(guestSector()), 'what the guest wrote is in the file');
  t.match(readFileSync(join(directory, 'console.log'), 'utf8'), /hello[^]*abw!/);
  t.match(readFileSync(join(directory, 'qmp.jsonl'), 'utf8'), /"sent":\{"execute":"stop"/);
  t.match(readFileSync(join(directory, 'qemu-command.txt'), 'utf8'), /-sandbox on,/);
  await t.rejects(machine.reset(), { code: 'harness/qmp' });
});

t.test('how a machine ends is told from each other', async (t) => {
  const off = await startGuest(newDirectory());
  await off.console.type('q');
  t.equal((await off.stopped).reason, 'shutdown');

  const restarted = await startGuest(newDirectory(), { onReboot: 'shutdown' });
  await restarted.console.type('r');
  t.equal((await restarted.stopped).reason, 'reset');

  const button = await startGuest(newDirectory(), { onReboot: 'shutdown' });
  await button.reset();
  t.equal((await button.stopped).reason, 'reset');

  const again = await startGuest(newDirectory());
  const greeted = new Promise<void>((resolve) => {
    again.console.onLine((line) => {
      if (line === GREETING) resolve();
    });
  });
  await again.reset();
  await greeted;
  process.kill(again.pid, 'SIGSEGV');
  const { reason, detail } = await again.stopped;
  t.equal(reason, 'crashed');
  t.match(detail, /SIGSEGV/);
});

t.test('a flood on the console does not stop the harness', async (t) => {
  const directory = newDirectory();
  await using machine = await startGuest(directory);
  const before = machine.console.receivedBytes();
  await machine.console.type('f');
  await seen(machine.console, 'ffffffff');
  await machine.blockStatistics();
  t.ok(machine.console.receivedBytes() > before);
});

t.test('two machines at once get different ports', async (t) => {
  const network = { forwardedGuestPorts: [22] };
  await using one = await startGuest(newDirectory(), { network });
  await using other = await startGuest(newDirectory(), { network });
  t.not(one.forwarded(22), other.forwarded(22));
});

t.test('a screenshot', async (t) => {
  const directory = newDirectory();
  await using machine = await startGuest(directory, { display: {} });
  const file = join(directory, 'screen.png');
  await machine.screenshot(file);
  t.equal(readFileSync(file).subarray(1, 4).toString(), 'PNG');
});

t.test('kill -9 of the harness leaves no QEMU behind, and no disk server', async (t) => {
  const script = fileURLToPath(import.meta.resolve('./fixtures/start-and-wait.ts'));
  const harness = execa(process.execPath, ['--import', 'tsx', script], {
    ...{ reject: false, env: leavingNothing(newDirectory()) },
  });
  const pids = await new Promise<number[]>((resolve) => {
    harness.stdout.once('data', (text: Buffer) => resolve(JSON.parse(text.toString()) as number[]));
  });
  t.same(pids.map(isDead), [false, false], 'they run');
  harness.kill('SIGKILL');
  await harness;
  for (let tries = 0; tries < 500 && !pids.every(isDead); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.same(pids.map(isDead), [true, true], 'they are gone');
});

t.test(
  'a QEMU whose harness is gone before it could ask for its signal ends by itself',
  async (t) => {
    const qemu = (await findQemu()).binary;
    const nobody = ['-chardev', `socket,id=qmp,path=${join(newDirectory(), 'qmp')}`];
    const { exitCode, stderr } = await execa(
      qemu,
      ['-nodefaults', '-display', 'none', '-S', ...nobody],
      { reject: false, timeout: 10_000 },
    );
    t.equal(exitCode, 1);
    t.match(stderr, /Failed to connect/);
  },
);

t.test('the accelerator is proven by a guest, and remembered', async (t) => {
  const build = await findQemu();
  const probe = {
    qemuBinary: build.binary,
    setprivBinary: await requireProgram('setpriv', 'util-linux'),
  };
  const file = join(newDirectory(), 'cache', 'accelerator.json');
  const proven = await cachedAccelerator(file, build, probe);
  const { verdict } = proven;
  t.match(proven.version, /^\d+\.\d+/);
  t.match(verdict.reason, /^a guest ran under (KVM|TCG)/);
  // A QEMU that cannot run: the remembered verdict is used, so it is not asked.
  const broken = { ...probe, qemuBinary: '/bin/false' };
  t.match(await cachedAccelerator(file, build, broken), proven);
  await writeFile(file, 'half a rec');
  await t.rejects(cachedAccelerator(file, build, broken), { code: 'env/no-accelerator' });
  await t.rejects(probeAccelerator(broken), { message: /KVM does not work.*TCG does not work/ });
});

t.test('a machine that cannot start says why, and leaves nothing behind', async (t) => {
  const directory = newDirectory();
  await t.rejects(
    startGuest(directory, { disks: [{ id: 'a', file: '/nonexistent', format: 'raw' }] }),
    { code: 'env/qemu-start', message: /Could not open '\/nonexistent'/ },
  );
  const garbage = join(directory, 'garbage.qcow2');
  await writeFile(garbage, 'garbage');
  await t.rejects(startGuest(directory, { disks: [{ id: 'a', file: garbage, format: 'qcow2' }] }), {
    code: 'env/image-damaged',
    blame: 'environment',
  });
  await t.rejects(
    startMachine({
      directory,
      qemuBinary: '/nonexistent/qemu',
      setprivBinary: await requireProgram('setpriv', 'util-linux'),
      machine: {
        name: 'none',
        accelerator: { kind: 'tcg', cpuModel: 'Nehalem' },
        memoryMiB: 32,
        cpus: 1,
        firmware: { kind: 'bios' },
        disks: [],
      },
    }),
    { code: 'env/qemu-start', message: /nonexistent\/qemu/ },
  );
});

t.test('a full disk below the guest is unfit, not a defect of the guest', { skip }, async (t) => {
  const { stdout, stderr, mountPoint } = await runInNamespace(
    import.meta.resolve('./fixtures/full-disk.ts'),
  );
  t.equal(stderr, '');
  t.same(JSON.parse(stdout), { code: 'env/disk-full', blame: 'environment', reason: 'io-error' });
  t.notOk(existsSync(join(mountPoint, 'disk.raw')), 'the mount was private');
});

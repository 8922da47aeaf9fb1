import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { BIN, hostproof, writeBlankMedium } from './hostproof.ts';

t.setTimeout(120_000);

/**
 * QEMUs that have `word` in their command line, zombies left out. By the program's own name: a process that is just being
 * started has its parent's command line.
 */
async function qemusWith(word: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const [program = ''] = command.split('\0');
      const isOne = /(^|\/)qemu-system-[^/]*$/.test(program) && command.includes(word);
      return isOne ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

t.test(
  'SIGKILL of hostproof in mid-run leaves no QEMU, and the next run is not disturbed',
  async (t) => {
    const work = await mkdtemp(join(tmpdir(), 'hostproof-kill-'));
    t.teardown(() => rm(work, { recursive: true, force: true }));
    const iso = join(work, 'nothing-to-boot.iso');
    await writeBlankMedium(iso);
    const out = join(work, 'runs');
    await mkdir(out);
    const args = [BIN, 'install', '--iso', iso, '--disk', '1G', '--memory', '256M', '--out', out];
    // its sockets, which it cannot remove, go with the rest
    const env = { ...process.env, TMPDIR: work };
    const killed = spawn(process.execPath, args, { stdio: 'ignore', env });
    // not the one that only shows which accelerator there is
    await until('a QEMU of the run', async () => (await qemusWith(out)).length > 0);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await until('no QEMU left', async () => (await qemusWith(work)).length === 0);

    const next = await hostproof(['run', 'by-command', '--machine', 'sim', '--out', out]);
    t.equal(next.status, 0, next.stderr);
    t.equal((await readdir(out)).length, 2, 'the remains lie beside the next run');
  },
);

/** QEMU as a direct child that does not outlive the harness. */
import { isMainThread } from 'node:worker_threads';

import { execa } from 'execa';

import { HostproofError } from '../harness/domain/errors.ts';

export interface ProcessEnd {
  /** False if QEMU ended by itself before we killed it. */
  readonly killed: boolean;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

export interface QemuProcess {
  readonly pid: number;
  /** Resolves when the process is gone. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** The last lines that QEMU wrote on standard error. */
  readonly stderrTail: () => string;
  /** SIGKILL; resolves when the process is gone. */
  readonly kill: () => Promise<void>;
}

const STDERR_TAIL_LENGTH = 4096;

/**
 * Starts QEMU through `setpriv`, which becomes QEMU and keeps its process id.
 *
 * * `--pdeathsig KILL`: the kernel kills QEMU when the thread that spawned it ends, however it ends. Hence never
 *   from a worker thread. If the harness dies before setpriv has asked for that signal, QEMU finds nobody on its
 *   sockets and ends by itself (`sockets.ts`).
 * * `detached` puts QEMU into a session of its own: Ctrl-C in the terminal reaches the harness only, and the
 *   harness cleans up in its own order.
 * * `--no-new-privs`: nothing that QEMU starts can gain privileges. Its sandbox forbids to start anything.
 * * `LC_ALL=C`: its messages can be recognised.
 *
 * @throws HostproofError `env/qemu-start` if it cannot be spawned at all
 */
export function spawnQemu(
  setpriv: string,
  binary: string,
  qemuArguments: readonly string[],
): QemuProcess {
  if (!isMainThread) {
    throw new HostproofError(
      'harness/internal',
      'QEMU must be spawned from the main thread: a parent-death signal follows the thread',
    );
  }
  const options = ['--pdeathsig', 'KILL', '--no-new-privs', '--'];
  const child = execa(setpriv, [...options, binary, ...qemuArguments], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
    env: { LC_ALL: 'C' },
  });
  if (child.pid === undefined) {
    throw new HostproofError('env/qemu-start', `cannot spawn ${setpriv}`);
  }
  let tail = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    tail = (tail + text).slice(-STDERR_TAIL_LENGTH);
  });
  let killed = false;
  const ended = child.then(({ exitCode, signal }): ProcessEnd => ({ exitCode, signal, killed }));
  return {
    pid: child.pid,
    ended,
    stderrTail: () => tail.trim(),
    kill: async () => {
      killed ||= child.kill('SIGKILL');
      await ended;
    },
  };
}

/** From a description to a running machine. */
import { mkdir, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import { qemuArguments } from './arguments.ts';
import { BoundedLog } from './bounded-log.ts';
import type { MachineDescription } from './description.ts';
import { startFailure } from './failure.ts';
import { QemuMachine } from './machine.ts';
import { loadState } from './migration.ts';
import { spawnQemu, type QemuProcess } from './process.ts';
import { QmpClient } from './qmp/client.ts';
import { queryForwardedPorts } from './qmp/commands.ts';
import { SerialConsole } from './serial/console.ts';
import { SingleListener, SocketDirectory } from './sockets.ts';

export interface StartOptions {
  /** What the machine is, but for the sockets, which are made here. */
  readonly machine: Omit<MachineDescription, 'sockets' | 'isIncoming'>;
  /** Gets `console.log`, `qmp.jsonl` and `qemu-command.txt`; they grow over several starts. */
  readonly directory: string;
  /** A state that a machine like this one was frozen in: it goes on from there, on files as they were then. */
  readonly stateFile?: string;
  readonly qemuBinary: string;
  readonly setprivBinary: string;
}

const CONNECT_DEADLINE_MS = 30_000;
const TRANSCRIPT_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Starts QEMU and lets the guest run once everybody who listens is in place.
 *
 * @throws HostproofError `env/*` if QEMU does not start; nothing is left behind then
 */
export async function startMachine(options: StartOptions): Promise<QemuMachine> {
  const { machine, directory } = options;
  await mkdir(directory, { recursive: true });
  // Connected sockets need no name: the directory is gone before the guest runs, and nothing is left to clean up.
  using sockets = SocketDirectory.create();
  const paths = { qmp: sockets.file('qmp'), serial: sockets.file('serial') };
  using qmpListener = await SingleListener.listen(paths.qmp);
  using serialListener = await SingleListener.listen(paths.serial);
  const isIncoming = options.stateFile !== undefined;
  const qemu = qemuArguments({ ...machine, isIncoming, sockets: paths });
  const command = [options.qemuBinary, ...qemu].map(shellWord).join(' ');
  await writeFile(join(directory, 'qemu-command.txt'), `${command}\n`, { flag: 'a' });
  const process = spawnQemu(options.setprivBinary, options.qemuBinary, qemu);
  try {
    const [qmpSocket, serialSocket] = await connected(
      Promise.all([qmpListener.connection, serialListener.connection]),
      process,
      machine.name,
      command,
    );
    return await assemble(options, process, qmpSocket, serialSocket, command);
  } catch (error) {
    await process.kill();
    throw error;
  }
}

async function connected(
  sockets: Promise<[Socket, Socket]>,
  process: QemuProcess,
  name: string,
  command: string,
): Promise<[Socket, Socket]> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(startFailure(name, `nothing after ${String(CONNECT_DEADLINE_MS)} ms`, command));
    }, CONNECT_DEADLINE_MS);
  });
  const ended = process.ended.then(() => {
    throw startFailure(name, process.stderrTail(), command);
  });
  try {
    return await Promise.race([sockets, ended, tooLate]);
  } finally {
    clearTimeout(timer);
    ended.catch(() => undefined);
  }
}

async function assemble(
  { machine: { name, network }, directory, stateFile }: StartOptions,
  process: QemuProcess,
  qmpSocket: Socket,
  serialSocket: Socket,
  command: string,
): Promise<QemuMachine> {
  let declareUnfit: (error: Error) => void = () => undefined;
  const onLogError = (error: Error): void => {
    declareUnfit(error);
  };
  const transcript = await BoundedLog.open({
    file: join(directory, 'qmp.jsonl'),
    sizeBytesMax: TRANSCRIPT_BYTES_MAX,
    onError: onLogError,
  });
  const console = await SerialConsole.attach(serialSocket, {
    machine: name,
    logFile: join(directory, 'console.log'),
    onLogError,
  });
  const startedMs = performance.now();
  const lastWords = async (): Promise<string> => {
    const { exitCode, signal } = await process.ended;
    return `it ended with ${signal ?? `exit status ${String(exitCode)}`} ${process.stderrTail()}`.trimEnd();
  };
  try {
    const { client: qmp } = await QmpClient.connect(qmpSocket, {
      machine: name,
      transcript: (direction, line) => {
        const atMs = Math.round(performance.now() - startedMs);
        transcript.write(Buffer.from(`{"atMs":${String(atMs)},"${direction}":${line}}\n`));
      },
      lastWords,
    });
    const machine = new QemuMachine({
      name,
      process,
      qmp,
      console,
      hostPortByGuestPort: network === undefined ? new Map() : await queryForwardedPorts(qmp),
      owned: [console, transcript],
    });
    declareUnfit = machine.declareUnfit;
    if (stateFile !== undefined) await loadState(qmp, stateFile);
    await qmp.execute('cont');
    return machine;
  } catch (error) {
    await process.kill();
    await console[Symbol.asyncDispose]();
    await transcript[Symbol.asyncDispose]();
    const { killed } = await process.ended;
    // QEMU that ended by itself has said why on standard error, and that is the better message.
    if (!killed) throw startFailure(name, process.stderrTail(), command);
    throw error;
  }
}

/** For a person who wants to run the command by hand; never given to a shell by us. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

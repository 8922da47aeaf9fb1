/**
 * The state of a stopped machine as a file, through QEMU's migration. RAM stays where it is, in the machine's memory file
 * (capability `x-ignore-shared`): what is written here is a few megabytes, whatever the guest's memory.
 */
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { pipeline } from 'node:stream/promises';

import { z } from 'zod';

import { HostproofError, isDiskFull, messageOf } from '../harness/domain/errors.ts';
import type { QmpClient } from './qmp/client.ts';
import { SingleListener, SocketDirectory } from './sockets.ts';

/** `events`: QEMU says when it has ended, so that nobody has to ask. */
const CAPABILITIES = ['x-ignore-shared', 'events'].map((capability) => ({
  capability,
  state: true,
}));

/** What a migration may come to (QAPI: MigrationStatus). */
const ENDS = ['completed', 'failed', 'cancelled'];

/** How a line fails whose other end is gone. */
const DROPPED = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'];

const outcomeSchema = z.object({ 'error-desc': z.string().optional() });

/**
 * Writes the state of a machine whose processors are stopped. Its disks are flushed and given up: it can only be ended.
 *
 * @throws HostproofError `harness/qmp`, or `env/*` when the file cannot be written
 */
export async function saveState(qmp: QmpClient, file: string): Promise<void> {
  using sockets = SocketDirectory.create();
  const path = sockets.file('state');
  using listener = await SingleListener.listen(path);
  await qmp.execute('migrate-set-capabilities', { capabilities: CAPABILITIES });
  const ended = migrationEnded(qmp);
  await qmp.execute('migrate', { uri: `unix:${path}` });
  await both(ended, file, async (signal) => {
    const socket = await Promise.race([listener.connection, aborted(signal)]);
    await pipeline(socket, createWriteStream(file), { signal });
  });
}

/**
 * Reads a state into a machine that was started to wait for one (`-incoming defer`): the same machine, on files that are as
 * they were then. It is stopped, as it was.
 *
 * @throws HostproofError `harness/qmp` when QEMU does not take it, `env/io` when the file cannot be read
 */
export async function loadState(qmp: QmpClient, file: string): Promise<void> {
  using sockets = SocketDirectory.create();
  const path = sockets.file('state');
  // before QEMU waits for it: one that gets nothing ends, and would be blamed
  await using state = await open(file).catch((cause: unknown) => {
    throw new HostproofError('env/io', `${file}: ${messageOf(cause)}`, { cause });
  });
  await qmp.execute('migrate-set-capabilities', { capabilities: CAPABILITIES });
  const ended = migrationEnded(qmp);
  await qmp.execute('migrate-incoming', { uri: `unix:${path}` });
  await both(ended, file, async (signal) => {
    const line = createConnection({ path });
    // QEMU closes it as soon as it has read enough, and says whether it has
    await pipeline(state.createReadStream({ autoClose: false }), line, { signal }).catch(
      (error: unknown) => {
        if (!isDroppedLine(error)) throw error;
      },
    );
  });
}

/** Resolves when the migration has completed; nobody need wait for it where the command for it was refused. */
function migrationEnded(qmp: QmpClient): Promise<void> {
  const ended = endOfMigration(qmp);
  ended.catch(() => undefined);
  return ended;
}

async function endOfMigration(qmp: QmpClient): Promise<void> {
  const { data } = await qmp.event(
    'the end of the migration',
    ({ event, data }) => event === 'MIGRATION' && ENDS.includes(String(data['status'])),
  );
  if (data['status'] === 'completed') return;
  const { 'error-desc': reason } = outcomeSchema.parse(await qmp.execute('query-migrate'));
  throw new HostproofError('harness/qmp', `the migration failed: ${reason ?? 'QEMU says nothing'}`);
}

/** Both QEMU and the file must come to their end; a file that failed is why QEMU did, a line that was dropped is not. */
async function both(
  ended: Promise<void>,
  file: string,
  move: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  // a QEMU that hangs would keep the line open
  ended.catch(() => {
    over.abort();
  });
  const [qemu, stream] = await Promise.allSettled([ended, move(over.signal)]);
  if (stream.status === 'rejected' && !isDroppedLine(stream.reason)) {
    const code = isDiskFull(stream.reason) ? 'env/disk-full' : 'env/io';
    throw new HostproofError(code, `${file}: ${messageOf(stream.reason)}`, {
      cause: stream.reason,
    });
  }
  for (const one of [qemu, stream]) if (one.status === 'rejected') throw one.reason;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}

function isDroppedLine(error: unknown): boolean {
  const { code, name } = error as NodeJS.ErrnoException;
  return name === 'AbortError' || (code !== undefined && DROPPED.includes(code));
}

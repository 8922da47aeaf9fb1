/** Disk servers for tests. */
import { join } from 'node:path';
import { createLog, forkLog } from '../../disk-server/chain.ts';
import { DiskServerProcess } from '../../disk-server/process.ts';
import type { Struck } from '../../disk-server/control.ts';
import { newDirectory } from '../machines.ts';

export const MIB = 2 ** 20;

export interface Served extends AsyncDisposable {
  readonly server: DiskServerProcess;
  readonly socket: string;
  readonly log: string;
  readonly struck: readonly Struck[];
}

export async function served(
  disks = [{ name: 'disk0', sizeBytes: 16 * MIB }],
  log = join(newDirectory(), 'disks'),
): Promise<Served> {
  createLog(log, disks);
  return serve(log);
}

/** A new log that goes on from `below`. */
export async function forked(below: string): Promise<Served> {
  const log = join(newDirectory(), 'disks');
  forkLog(log, below);
  return serve(log);
}

export async function serve(log: string, paths = ['a']): Promise<Served> {
  const directory = newDirectory();
  const struck: Struck[] = [];
  const socketOf = (name: string): string => join(directory, name);
  const server = await DiskServerProcess.start({
    log,
    paths: paths.map((name) => ({ name, socket: socketOf(name), disks: null })),
    onStruck: (one) => struck.push(one),
  });
  return {
    ...{ server, log, struck, socket: socketOf(paths[0] ?? '') },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A simulated host that is frozen: one file. */
import type { Files } from '../ports/files.ts';
import type { SimDisk } from './disk.ts';
import type { SimRunning } from './view.ts';

export interface Frozen {
  readonly disk: SimDisk | null;
  readonly running: SimRunning | null;
  readonly hung: boolean;
  readonly past: Past;
}

/** What has happened to it. */
export interface Past {
  /** That of an image that fails once, since the host was started. */
  mishap: boolean;
  boots: number;
  /** What was its disk is its second one. */
  hasSecond: boolean;
}

const FILE = 'simulated.json';

export function writeFrozen(
  files: Pick<Files, 'write'>,
  directory: string,
  frozen: Frozen,
): Promise<void> {
  return files.write(`${directory}/${FILE}`, JSON.stringify(frozen));
}

export async function readFrozen(files: Pick<Files, 'read'>, directory: string): Promise<Frozen> {
  const text = (await files.read(`${directory}/${FILE}`)) ?? '';
  return JSON.parse(text) as Frozen; // as it was written: the store has compared digests
}

/** Files that are there whole or not at all, whatever ends this process or this machine. */
import { randomBytes } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HostproofError, isDiskFull } from '../domain/errors.ts';

export interface AtomicOptions {
  /** Permissions of the new file; 0o644 if left out. */
  readonly mode?: number;
  /** An existing file stays as it is: the first writer wins. */
  readonly keepExisting?: boolean;
}

/**
 * Writes to a temporary name beside the file, syncs, and gives it its name; then syncs the directory.
 *
 * @returns false if `keepExisting` was asked for and there was a file
 * @throws HostproofError `env/disk-full`
 */
export async function writeAtomically(
  file: string,
  content: string | Uint8Array,
  { mode = 0o644, keepExisting = false }: AtomicOptions = {},
): Promise<boolean> {
  const temporary = join(
    dirname(file),
    `.${basename(file)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`,
  );
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const isWritten = keepExisting ? await linked(temporary, file) : await renamed(temporary, file);
    await syncDirectory(dirname(file));
    return isWritten;
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    throw new HostproofError('env/disk-full', `no space to write ${file}`, { cause: error });
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Makes the names in a directory durable. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function renamed(temporary: string, file: string): Promise<true> {
  await rename(temporary, file);
  return true;
}

/** Unlike a rename, a link never replaces. */
async function linked(temporary: string, file: string): Promise<boolean> {
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Where hostproof keeps what outlives a run: images and the key that controls guests. */
import { mkdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { HostproofError } from '../domain/errors.ts';

/** The path only; relative values of `XDG_CACHE_HOME` are ignored, as the XDG Base Directory Specification says. */
export function cachePath(environment: NodeJS.ProcessEnv = process.env): string {
  const configured = environment.XDG_CACHE_HOME ?? '';
  const base = isAbsolute(configured) ? configured : join(environment.HOME ?? homedir(), '.cache');
  return join(base, 'hostproof');
}

/** The cache directory, made if it is absent. Without links: disks name each other, and are where they are when a link has gone. */
export async function cacheDir(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const path = cachePath(environment);
  try {
    await mkdir(path, { recursive: true });
    return await realpath(path);
  } catch (error) {
    throw new HostproofError('env/io', `cannot make the cache directory ${path}`, {
      cause: error,
      hint: 'point XDG_CACHE_HOME at a directory that can be written to',
    });
  }
}

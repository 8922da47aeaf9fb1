/** Digests of files, directories and keys. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { canonical } from '../harness/domain/json.ts';

/** The key of what is made from these inputs, which are plain JSON: the order of their names does not matter. */
export function keyOf(inputs: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(canonical(inputs)).digest('hex');
}

/**
 * One digest over files and directories: names, contents and whether they can be executed; not times, not owners.
 * A directory counts with everything in it except directories called `test`.
 */
export async function sourceDigest(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) await addPath(hash, path, '');
  return hash.digest('hex');
}

type Hash = ReturnType<typeof createHash>;

async function addPath(hash: Hash, path: string, name: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.isDirectory()) {
    const entries = (await readdir(path)).filter((entry) => entry !== 'test').sort();
    hash.update(`directory\0${name}\0${String(entries.length)}\0`);
    for (const entry of entries) await addPath(hash, join(path, entry), `${name}/${entry}`);
    return;
  }
  if (stats.isSymbolicLink()) {
    hash.update(`link\0${name}\0${await readlink(path)}\0`);
    return;
  }
  const content = await readFile(path);
  const mode = (stats.mode & 0o111) === 0 ? 'file' : 'program';
  hash.update(`${mode}\0${name}\0${String(content.length)}\0`).update(content);
}

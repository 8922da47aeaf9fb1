/** Installed hosts in the cache directory: one directory each, named by its key, complete or absent. */
import { copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HostproofError, isDiskFull, messageOf } from '../domain/errors.ts';
import type { InstalledHost, InstalledHosts } from '../ports/installed.ts';
import type { Hypervisor } from '../ports/machine.ts';

export function installedStore(
  directory: string,
  hypervisor: Pick<Hypervisor, 'overlayDisk'>,
): InstalledHosts {
  const place = (key: string): InstalledHost => ({
    disk: join(directory, key, 'disk.qcow2'),
    variables: join(directory, key, 'vars.fd'),
  });
  const find = async (key: string): Promise<InstalledHost | null> => {
    const host = place(key);
    const there = await Promise.all([host.disk, host.variables].map(exists));
    return there.every(Boolean) ? host : null;
  };
  return {
    find,
    publish: async (key, made) => {
      try {
        if ((await find(key)) !== null) return made;
        await mkdir(directory, { recursive: true });
        const temporary = await mkdtemp(join(directory, '.new-'));
        await move(made.disk, join(temporary, 'disk.qcow2'));
        await move(made.variables, join(temporary, 'vars.fd'));
        await rename(temporary, join(directory, key)).catch(async (error: unknown) => {
          await rm(temporary, { recursive: true, force: true });
          if ((await find(key)) === null) throw error; // else: another process was faster, and made the same
        });
      } catch (error) {
        const code = isDiskFull(error) ? 'env/disk-full' : 'env/io';
        throw new HostproofError(
          code,
          `keeping an installed host in ${directory}: ${messageOf(error)}`,
          {
            cause: error,
          },
        );
      }
      return place(key);
    },
    fork: async (from, to) => {
      await mkdir(dirname(to.disk), { recursive: true });
      await hypervisor.overlayDisk(to.disk, from.disk);
      await copyFile(from.variables, to.variables);
    },
  };
}

/** Renames, or copies where the two places are on different file systems. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to);
    await rm(from);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** A dnf repository that grows by rpms: createrepo_c describes anew what is there after each. */
import { constants, copyFile, link, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa, ExecaError } from 'execa';
import { HostproofError, isDiskFull, messageOf } from '../domain/errors.ts';
import type { UpdateRepository } from '../ports/layout.ts';

export function rpmRepository(directory: string): UpdateRepository {
  return {
    take: async ({ path }) => {
      try {
        await mkdir(directory, { recursive: true });
        const file = join(directory, basename(path));
        // an update that is cut short is called like the sound one, and is replaced by it
        await rm(file, { force: true });
        // nobody writes to it: a name of its own is as good as a copy where both are on one file system
        await link(path, file).catch(() => copyFile(path, file, constants.COPYFILE_FICLONE));
        await execa('setpriv', [
          ...['--pdeathsig', 'KILL', 'createrepo_c', '--update', '--no-database'],
          ...['--simple-md-filenames', '--error-exit-val', '--compress-type', 'gz', directory],
        ]);
      } catch (error) {
        const said = error instanceof ExecaError ? String(error.stderr).trim() : messageOf(error);
        if (said.includes('createrepo_c: No such file')) {
          throw new HostproofError('env/missing-tool', 'updates of thin hosts need createrepo_c', {
            cause: error,
            hint: 'apt-get install createrepo-c',
          });
        }
        const code = isDiskFull(error) ? 'env/disk-full' : 'env/io';
        throw new HostproofError(code, `adding ${path} to ${directory}: ${said.slice(-500)}`, {
          cause: error,
        });
      }
      return directory;
    },
  };
}

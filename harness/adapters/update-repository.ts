/** A repository that grows by tarballs: each is unpacked over what is there, and what it says of a name holds from then on. */
import { mkdir } from 'node:fs/promises';
import { execa, ExecaError } from 'execa';
import { HostproofError, isDiskFull } from '../domain/errors.ts';
import type { UpdateRepository } from '../ports/layout.ts';

export function updateRepository(directory: string): UpdateRepository {
  return {
    take: async ({ path }) => {
      await mkdir(directory, { recursive: true });
      try {
        await execa('setpriv', [
          ...['--pdeathsig', 'KILL', 'tar', '--extract', '--no-same-owner'],
          ...['--file', path, '--directory', directory],
        ]);
      } catch (error) {
        if (!(error instanceof ExecaError)) throw error;
        const code = isDiskFull(error) ? 'env/disk-full' : 'env/io';
        throw new HostproofError(code, `unpacking ${path}: ${error.shortMessage}`, {
          cause: error,
        });
      }
      return directory;
    },
  };
}

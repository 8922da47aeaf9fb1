/** A repository that grows by tarballs: each is unpacked over what is there, and what it says of a name holds from then on. */
import { mkdir } from 'node:fs/promises';
import { execa, ExecaError } from 'execa';
import { HostproofError, isDiskFull, messageOf } from '../domain/errors.ts';
import type { UpdateRepository } from '../ports/layout.ts';

export function updateRepository(directory: string): UpdateRepository {
  return {
    take: async ({ path }) => {
      try {
        await mkdir(directory, { recursive: true });
        await execa('setpriv', [
          ...['--pdeathsig', 'KILL', 'tar', '--extract', '--no-same-owner'],
          ...['--file', path, '--directory', directory],
        ]);
      } catch (error) {
        const code = isDiskFull(error) ? 'env/disk-full' : 'env/io';
        throw new HostproofError(
          code,
          `unpacking ${path}: ${error instanceof ExecaError ? error.shortMessage : messageOf(error)}`,
          {
            cause: error,
          },
        );
      }
      return directory;
    },
  };
}

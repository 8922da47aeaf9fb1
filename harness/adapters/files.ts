/** Files of machines, with the tools of the machine below. */
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { execa, ExecaError } from 'execa';
import { HostproofError, isDiskFull, messageOf } from '../domain/errors.ts';
import type { Files } from '../ports/files.ts';

export const files: Files = {
  move: (from, to) =>
    told(`moving ${from} to ${to}`, async () => {
      try {
        await rename(from, to);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
        await copy(from, to);
        await rm(from);
      }
    }),
  copy: (from, to) => told(`copying ${from} to ${to}`, () => copy(from, to)),
  remove: (file) => told(`removing ${file}`, () => rm(file, { force: true })),
  write: (file, text) => told(`writing ${file}`, () => writeFile(file, text)),
  read: (file) =>
    told(`reading ${file}`, () =>
      readFile(file, 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }),
    ),
  exists: (file) =>
    access(file).then(
      () => true,
      () => false,
    ),
};

/** `cp` keeps holes and shares blocks; Node's copyFile does neither for sure. */
async function copy(from: string, to: string): Promise<void> {
  const how = ['--sparse=always', '--reflink=auto', '--no-target-directory'];
  await execa('setpriv', ['--pdeathsig', 'KILL', 'cp', ...how, '--', from, to]);
}

async function told<T>(what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const said = error instanceof ExecaError ? String(error.stderr).trim() : messageOf(error);
    const code = isDiskFull(error) ? 'env/disk-full' : 'env/io';
    throw new HostproofError(code, `${what}: ${said}`, { cause: error });
  }
}

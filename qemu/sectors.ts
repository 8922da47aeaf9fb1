/** Reads and writes what is on a disk that no machine uses, in a file or behind a disk server, through QEMU's own tools. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { HostproofError } from '../harness/domain/errors.ts';
import type { DiskSpec } from '../harness/ports/machine.ts';
import { failureCode } from './failure.ts';
import { requireProgram } from './version.ts';

const DEADLINE_MS = 30_000;
/** Of what is read or written, in a directory of its own. */
const FILE = 'sectors';

/** Both multiples of a sector. @throws HostproofError `env/*`; also for what lies outside of the disk */
export function readSectors(disk: DiskSpec, offset: number, length: number): Promise<Buffer> {
  return withDirectory(async (directory) => {
    const range = rangeOf(disk, offset, length);
    await told('qemu-img', ['convert', '-O', 'raw', range, FILE], directory);
    return readFile(join(directory, FILE));
  });
}

/** Resolves when they are on the disk. @throws HostproofError `env/*` */
export function writeSectors(disk: DiskSpec, offset: number, bytes: Buffer): Promise<void> {
  return withDirectory(async (directory) => {
    await writeFile(join(directory, FILE), bytes);
    const write = `write -s ${FILE} 0 ${String(bytes.length)}`;
    const range = rangeOf(disk, offset, bytes.length);
    await told('qemu-io', ['-c', write, '-c', 'flush', range], directory);
  });
}

/** A range of a disk as QEMU's tools name it. */
function rangeOf(disk: DiskSpec, offset: number, size: number): string {
  const file =
    'file' in disk
      ? { driver: disk.format, file: { driver: 'file', filename: resolve(disk.file) } }
      : {
          driver: 'nbd',
          server: { type: 'unix', path: disk.socket },
          export: disk.exportName ?? disk.id,
        };
  return `json:${JSON.stringify({ driver: 'raw', offset, size, file })}`;
}

async function told(program: string, parameters: string[], directory: string): Promise<void> {
  const binary = await requireProgram(program, 'qemu-utils');
  const options = { reject: false, stdin: 'ignore', timeout: DEADLINE_MS } as const;
  const result = await execa(binary, parameters, {
    ...options,
    ...{ cwd: directory, env: { LC_ALL: 'C' } },
  });
  if (result.exitCode === 0) return;
  const words = `${result.stdout}${result.stderr}`.trim() || (result.shortMessage ?? 'it failed');
  const code = failureCode(words);
  const message = `${program} ${parameters.join(' ')}: ${words.slice(0, 1000)}`;
  throw new HostproofError(code === 'env/qemu-start' ? 'env/io' : code, message);
}

async function withDirectory<T>(body: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-sectors-'));
  try {
    return await body(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Disk images, through `qemu-img`. */
import { resolve } from 'node:path';

import { execa } from 'execa';
import { z } from 'zod';

import { HostproofError } from '../harness/domain/errors.ts';
import { failureCode } from './failure.ts';
import { requireProgram } from './version.ts';

const DEADLINE_MS = 120_000;

const infoSchema = z.object({
  format: z.string(),
  'virtual-size': z.number(),
  'actual-size': z.number(),
  'full-backing-filename': z.string().optional(),
});

export interface DiskInfo {
  readonly format: string;
  readonly sizeBytes: number;
  /** What the file takes on the disk below. */
  readonly allocatedBytes: number;
  readonly backingFile: string | undefined;
}

/** An empty, sparse disk. */
export async function createDisk(file: string, sizeBytes: number): Promise<void> {
  await qemuImg(['create', '-q', '-f', 'qcow2', fileName(file), String(sizeBytes)]);
}

/** A disk whose unwritten parts read through to `backing`, which must not change any more. */
export async function overlayDisk(
  file: string,
  backing: string,
  backingFormat: 'qcow2' | 'raw' = 'qcow2',
): Promise<void> {
  const below = ['-F', backingFormat, '-b', fileName(backing)];
  await qemuImg(['create', '-q', '-f', 'qcow2', ...below, fileName(file)]);
}

/** Copies into an overlay all that it reads through to others, which may go then. */
export async function standAlone(file: string): Promise<void> {
  await qemuImg(['rebase', '-q', '-f', 'qcow2', '-b', '', fileName(file)]);
}

/** Asks a disk that no machine uses. */
export async function diskInfo(file: string): Promise<DiskInfo> {
  const { stdout } = await qemuImg(['info', '--output=json', fileName(file)]);
  const info = infoSchema.parse(JSON.parse(stdout));
  return {
    format: info.format,
    sizeBytes: info['virtual-size'],
    allocatedBytes: info['actual-size'],
    backingFile: info['full-backing-filename'],
  };
}

/**
 * Looks for damage in a qcow2 file. Leaked clusters, which every power cut leaves behind, are none.
 *
 * @throws HostproofError `env/image-damaged`
 */
export async function checkDisk(file: string): Promise<void> {
  const { exitCode, stderr, stdout } = await qemuImg(
    ['check', '-q', '-f', 'qcow2', fileName(file)],
    [0, 3],
  );
  if (exitCode !== 0 && exitCode !== 3) {
    throw new HostproofError('env/image-damaged', `${file}: ${stdout}${stderr}`);
  }
}

interface ImgResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws HostproofError `env/disk-full`, `env/image-damaged`, `env/io`, `env/missing-tool` */
async function qemuImg(
  parameters: string[],
  expected: readonly number[] = [0],
): Promise<ImgResult> {
  const binary = await requireProgram('qemu-img', 'qemu-utils');
  const result = await execa(binary, parameters, {
    reject: false,
    stdin: 'ignore',
    timeout: DEADLINE_MS,
    env: { LC_ALL: 'C' },
  });
  const { exitCode, stdout, stderr } = result;
  if (exitCode !== undefined && expected.includes(exitCode)) return { exitCode, stdout, stderr };
  const words = stderr.trim() || (result.shortMessage ?? `exit status ${String(exitCode)}`);
  const code = failureCode(words);
  throw new HostproofError(
    code === 'env/qemu-start' ? 'env/io' : code,
    `qemu-img ${parameters.join(' ')}: ${words}`,
  );
}

/**
 * Absolute: a name with a colon would be read as a protocol, one with a leading dash as an option, and that of a disk below as
 * relative to the disk above.
 */
function fileName(file: string): string {
  return resolve(file);
}

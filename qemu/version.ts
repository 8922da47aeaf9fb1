/** Which QEMU this is: where it lies, and what tells it from another build. */
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { execa } from 'execa';

import { HostproofError } from '../harness/domain/errors.ts';

/** Machine states, devices' JSON and PNG screenshots are used as this version has them. */
const QEMU_VERSION_MIN = '7.2';
const QEMU_SYSTEM = 'qemu-system-x86_64';
const VERSION_DEADLINE_MS = 10_000;

export interface QemuBuild {
  readonly binary: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** The first executable file of this name on the search path. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue;
    const file = join(directory, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** @throws HostproofError `env/missing-tool`, with the package that has it */
export async function requireProgram(name: string, debianPackage: string): Promise<string> {
  const file = await findProgram(name);
  if (file !== undefined) return file;
  throw new HostproofError('env/missing-tool', `${name} is not on the search path`, {
    hint: `install ${debianPackage} (Debian: apt-get install ${debianPackage})`,
  });
}

/**
 * The QEMU on the search path. Its size and time stand for its build: asking it for its version costs as much as
 * a machine's start.
 *
 * @throws HostproofError `env/no-qemu`
 */
export async function findQemu(): Promise<QemuBuild> {
  const binary = await findProgram(QEMU_SYSTEM);
  if (binary === undefined) {
    throw new HostproofError('env/no-qemu', `${QEMU_SYSTEM} is not on the search path`);
  }
  const { size, mtimeMs } = await stat(binary);
  return { binary, sizeBytes: size, modifiedMs: mtimeMs };
}

/**
 * For example `7.2.22 (Debian 1:7.2+dfsg-7)`.
 *
 * @throws HostproofError `env/no-qemu` if it does not run, or is too old
 */
export async function qemuVersion({ binary }: QemuBuild): Promise<string> {
  const { stdout, stderr, failed } = await execa(binary, ['--version'], {
    reject: false,
    timeout: VERSION_DEADLINE_MS,
  });
  const version = /version (\S+(?: \([^)]*\))?)/.exec(stdout)?.[1];
  if (failed || version === undefined) {
    throw new HostproofError('env/no-qemu', `${binary} --version failed: ${stderr.trim()}`);
  }
  if (isOlder(version, QEMU_VERSION_MIN)) {
    throw new HostproofError(
      'env/no-qemu',
      `${binary} is version ${version}; ${QEMU_VERSION_MIN} or newer is needed`,
    );
  }
  return version;
}

export function isOlder(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat);
  const [majorMin = 0, minorMin = 0] = minimum.split('.').map(Number.parseFloat);
  return major < majorMin || (major === majorMin && minor < minorMin);
}

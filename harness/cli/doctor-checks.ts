/** What `hostproof doctor` looks at: each check answers for one thing that runs need. */

import { readFile, statfs } from 'node:fs/promises';
import { arch, freemem, platform } from 'node:os';
import { dirname } from 'node:path';
import { cachePath } from '../adapters/cache-dir.ts';
import { asHostproofError } from '../domain/errors.ts';
import { probeAccelerator } from '../../qemu/accelerator.ts';
import { findFirmware } from '../../qemu/firmware.ts';
import { findProgram, findQemu, qemuVersion, requireProgram } from '../../qemu/version.ts';

export interface CheckResult {
  readonly name: string;
  /** `weak`: runs will work, but something is worth knowing. */
  readonly status: 'fit' | 'weak' | 'unfit';
  readonly detail: string;
  /** What to do about it; null if nothing. */
  readonly hint: string | null;
}

type Found = Omit<CheckResult, 'name'>;
type Check = readonly [name: string, look: () => Promise<Found>];

/** Programs and the Debian packages that have them. */
const RUN_TOOLS = {
  'qemu-img': 'qemu-utils',
  setpriv: 'util-linux',
  'mkfs.vfat': 'dosfstools',
  mcopy: 'mtools',
  createrepo_c: 'createrepo-c',
} as const;
const BUILD_TOOLS = {
  mmdebstrap: 'mmdebstrap',
  mksquashfs: 'squashfs-tools',
  xorriso: 'xorriso',
  lz4: 'lz4',
  cpio: 'cpio',
  patch: 'patch',
  cc: 'gcc',
  ostree: 'ostree',
  'pkg-config': 'libostree-dev',
  rpmbuild: 'rpm',
} as const;

const GIB = 2 ** 30;
/** Images take 4 GiB, a run of the smoke suite as much again. */
const DISK_BYTES_MIN = 8 * GIB;
/** One guest and this program. */
const MEMORY_BYTES_MIN = 1.5 * GIB;
/** Two guests at a time. */
const MEMORY_BYTES_GOOD = 3 * GIB;

const CHECKS: readonly Check[] = [
  ['system', system],
  ['QEMU', qemu],
  ['accelerator', accelerator],
  ['firmware', firmware],
  ['tools to run', () => tools(RUN_TOOLS, 'unfit')],
  ['tools to build', () => tools(BUILD_TOOLS, 'weak')],
  ['cache', cacheSpace],
  ['memory', memory],
];

/** All checks, one after the other; none stops another. */
export async function examine(onResult: (result: CheckResult) => void): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const [name, look] of CHECKS) {
    const found = await look().catch(unfit);
    const result = { name, ...found, detail: found.detail.replaceAll(/\s+/g, ' ') };
    onResult(result);
    results.push(result);
  }
  return results;
}

function unfit(error: unknown): Found {
  const known = asHostproofError(error);
  if (known.blame === 'harness') throw known;
  return { status: 'unfit', detail: known.message, hint: known.hint };
}

function fit(detail: string): Found {
  return { status: 'fit', detail, hint: null };
}

function system(): Promise<Found> {
  const detail = `Node ${process.versions.node} on ${platform()} ${arch()}`;
  const isKnown = platform() === 'linux' && arch() === 'x64';
  const hint = 'guests are x86-64, and QEMU is started with means of Linux';
  return Promise.resolve(isKnown ? fit(detail) : { status: 'unfit', detail, hint });
}

async function qemu(): Promise<Found> {
  const build = await findQemu();
  return fit(`${await qemuVersion(build)}, ${build.binary}`);
}

/** Proven anew each time: a remembered answer is what a person who asks this wants to have checked. */
async function accelerator(): Promise<Found> {
  const [{ binary }, setprivBinary] = await Promise.all([
    findQemu(),
    requireProgram('setpriv', 'util-linux'),
  ]);
  const { kind, cpuModel, reason } = await probeAccelerator({ qemuBinary: binary, setprivBinary });
  const detail = `${kind} (processor ${cpuModel}): ${reason}`;
  if (kind === 'kvm') return fit(detail);
  return {
    status: 'weak',
    detail,
    hint: 'software emulation: everything works, slowly',
  };
}

async function firmware(): Promise<Found> {
  const { codeFile, secureBoot } = await findFirmware();
  return fit(`${codeFile}${secureBoot ? ' (Secure Boot)' : ''}`);
}

async function tools(
  packages: Readonly<Record<string, string>>,
  whenMissing: 'weak' | 'unfit',
): Promise<Found> {
  const found = await Promise.all(
    Object.entries(packages).map(async ([name, debianPackage]) => {
      return { name, debianPackage, isThere: (await findProgram(name)) !== undefined };
    }),
  );
  const missing = found.filter(({ isThere }) => !isThere);
  if (missing.length === 0) return fit(found.map(({ name }) => name).join(', '));
  const install = missing.map(({ debianPackage }) => debianPackage).join(' ');
  return {
    status: whenMissing,
    detail: `missing: ${missing.map(({ name }) => name).join(', ')}`,
    hint: `Debian: apt-get install ${install}${whenMissing === 'weak' ? ' (only to build images)' : ''}`,
  };
}

async function cacheSpace(): Promise<Found> {
  const path = cachePath();
  const { bavail, bsize } = await statfs(await nearestDirectory(path));
  const freeBytes = bavail * bsize;
  const detail = `${path}: ${gib(freeBytes)} free`;
  if (freeBytes >= DISK_BYTES_MIN) return fit(detail);
  const hint = `${gib(DISK_BYTES_MIN)} are wanted; XDG_CACHE_HOME may name a larger disk`;
  return { status: freeBytes >= DISK_BYTES_MIN / 4 ? 'weak' : 'unfit', detail, hint };
}

/** The directory itself, or the one above that exists. */
async function nearestDirectory(path: string): Promise<string> {
  for (let directory = path; directory !== dirname(directory); directory = dirname(directory)) {
    const isThere = await statfs(directory).then(
      () => true,
      () => false,
    );
    if (isThere) return directory;
  }
  return '/';
}

async function memory(): Promise<Found> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const availableKiB = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  const bytes = availableKiB === undefined ? freemem() : Number(availableKiB) * 1024;
  const detail = `${gib(bytes)} available`;
  if (bytes >= MEMORY_BYTES_GOOD) return fit(detail);
  const hint = 'a guest takes 1.3 GiB; with little memory only one runs at a time';
  return { status: bytes >= MEMORY_BYTES_MIN ? 'weak' : 'unfit', detail, hint };
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

#!/usr/bin/env node
/**
 * Brings a fresh checkout to where `npm test` (`node setup.mjs dev`) or the main job (`node setup.mjs e2e`) can run:
 * Node's version, the npm packages of the lock file, `npx hostproof`, the system's packages. Plain Node without
 * dependencies, because it runs before there are any; silent and quick when nothing is missing.
 *
 * `HOSTPROOF_SETUP=check` only checks, prints the commands that would be run, and exits 0 (nothing is missing) or 3.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(fileURLToPath(import.meta.url));
const UNFIT = 3;

const isRoot = process.getuid?.() === 0;

/** Debian package -> what shows that it, or its like on another system, is there: commands, or files (one of them is enough). */
const DEV_PACKAGES = {
  shellcheck: ['shellcheck'],
  'qemu-system-x86': ['qemu-system-x86_64'],
  'qemu-utils': ['qemu-img'],
  ovmf: [
    '/usr/share/OVMF/OVMF_CODE_4M.fd',
    '/usr/share/edk2',
    '/usr/share/edk2-ovmf',
    '/usr/share/qemu/firmware',
  ],
  'util-linux': ['setpriv'],
  'openssh-client': ['ssh-keygen'],
  xorriso: ['xorriso'],
  mtools: ['mcopy'],
  dosfstools: ['mkfs.vfat'],
  patch: ['patch'],
  cpio: ['cpio'],
  ostree: ['ostree'],
  // Clients that the disk server is tested with.
  'libnbd-bin': ['nbdcopy'],
  // Updates of thin hosts, and the repositories they come from.
  rpm: ['rpmbuild'],
  'createrepo-c': ['createrepo_c'],
};
const E2E_PACKAGES = {
  ...DEV_PACKAGES,
  mmdebstrap: ['mmdebstrap'],
  'debian-archive-keyring': ['/usr/share/keyrings/debian-archive-keyring.gpg'],
  'squashfs-tools': ['mksquashfs'],
  lz4: ['lz4'],
  // A helper of ostree hosts is compiled here.
  'libostree-dev': ['/usr/include/ostree-1/ostree.h'],
  gcc: ['cc'],
  'libc6-dev': ['/usr/include/stdio.h'],
  systemd: ['systemctl'],
  // Building as an ordinary user means being root in a user namespace.
  ...(isRoot ? {} : { uidmap: ['newuidmap'] }),
};
const PACKAGES = { dev: DEV_PACKAGES, e2e: E2E_PACKAGES };

class Unfit extends Error {}

const say = (text) => process.stderr.write(`setup: ${text}\n`);
const json = (...path) => JSON.parse(readFileSync(join(ROOT, ...path), 'utf8'));

function main(purpose) {
  const packages = PACKAGES[purpose];
  if (packages === undefined) {
    process.stderr.write('usage: node setup.mjs dev|e2e\n');
    return 2;
  }
  checkNode();
  if (process.env.HOSTPROOF_SETUP === 'check') return check(packages);
  if (!npmPackagesAreThere()) run(['npm', 'ci', '--no-audit', '--no-fund']);
  linkCommand();
  const missing = missingPackages(packages);
  if (missing.length > 0) install(missing, packages);
  return 0;
}

function check(packages) {
  const missing = missingPackages(packages);
  const commands = [
    ...(npmPackagesAreThere() ? [] : [['npm', 'ci', '--no-audit', '--no-fund']]),
    ...(missing.length > 0 ? aptCommands(missing) : []),
  ];
  for (const command of commands) process.stdout.write(`${command.join(' ')}\n`);
  return commands.length === 0 ? 0 : UNFIT;
}

function checkNode() {
  const range = json('package.json').engines.node;
  const wanted = range.replace(/^>=/, '').split('.').map(Number);
  const have = process.versions.node.split('.').map(Number);
  const differing = wanted.findIndex((number, index) => number !== have[index]);
  if (differing !== -1 && have[differing] < wanted[differing]) {
    throw new Unfit(
      `Node ${range} is needed, and this is ${process.versions.node} (${process.execPath})`,
    );
  }
}

/** npm keeps beside the packages a lock file of what it installed: the two must name the same. */
function npmPackagesAreThere() {
  if (!existsSync(join(ROOT, 'node_modules', '.package-lock.json'))) return false;
  const wanted = json('package-lock.json').packages;
  const installed = json('node_modules', '.package-lock.json').packages;
  const same = (path) =>
    installed[path]?.version === wanted[path].version &&
    installed[path].integrity === wanted[path].integrity &&
    existsSync(join(ROOT, path, 'package.json'));
  // Optional ones (for other systems) may be absent, and an installed one must still be wanted.
  return (
    Object.keys(wanted).every(
      (path) =>
        path === '' || same(path) || (wanted[path].optional === true && !(path in installed)),
    ) && Object.keys(installed).every((path) => path in wanted)
  );
}

/** npm does not link a package's own command into its checkout; with this, `npx hostproof` finds it at once. */
function linkCommand() {
  const link = join(ROOT, 'node_modules', '.bin', 'hostproof');
  const target = join('..', '..', json('package.json').bin.hostproof);
  let now;
  try {
    now = readlinkSync(link);
  } catch {
    // not there, or not a link
  }
  if (now === target) return;
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

function missingPackages(packages) {
  return Object.keys(packages).filter((name) => !packages[name].some(isThere));
}

function isThere(commandOrFile) {
  return commandOrFile.startsWith('/')
    ? existsSync(commandOrFile)
    : findCommand(commandOrFile) !== undefined;
}

/** Also looks into the `sbin` beside each `bin`: an ordinary user's PATH leaves it out. */
function findCommand(name) {
  const directories = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory !== '')
    .flatMap((directory) => [directory, directory.replace(/\bbin$/, 'sbin')]);
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function aptCommands(missing) {
  const sudo = isRoot ? [] : ['sudo', 'env', 'DEBIAN_FRONTEND=noninteractive'];
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300'];
  return [
    [...sudo, ...apt, 'update'],
    [...sudo, ...apt, 'install', '--yes', '--no-install-recommends', ...missing],
  ];
}

function install(missing, packages) {
  const [update, installation] = aptCommands(missing);
  const reason = whyNotInstall();
  if (reason !== undefined) {
    throw new Unfit(`${reason}; install these (Debian's names): ${missing.join(' ')}`);
  }
  // Lists that could not be fetched anew may still do: what counts is the installation.
  run(update, { mayFail: true });
  run(installation);
  const still = missingPackages(packages);
  if (still.length > 0)
    throw new Unfit(`apt-get installed them, but these are still not found: ${still.join(' ')}`);
}

function whyNotInstall() {
  if (findCommand('apt-get') === undefined) return 'this system has no apt-get';
  if (isRoot) return undefined;
  if (findCommand('sudo') === undefined) return 'neither root nor sudo';
  if (process.stdin.isTTY || spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0)
    return undefined;
  return 'sudo wants a password, and there is no terminal to ask for it';
}

/** Runs a command where it can be seen. Its output goes to standard error: standard output belongs to what follows. */
function run([file, ...args], { mayFail = false } = {}) {
  say([file, ...args].join(' '));
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, error } = spawnSync(file, args, { cwd: ROOT, env, stdio: ['inherit', 2, 2] });
  if (status === 0 || mayFail) return;
  throw new Unfit(
    `${[file, ...args].join(' ')}: ${error?.message ?? `exit status ${String(status)}`}`,
  );
}

try {
  process.exitCode = main(process.argv[2]);
} catch (error) {
  if (!(error instanceof Unfit)) throw error;
  say(error.message);
  process.exitCode = UNFIT;
}

/** The command that goes back to an older deployment, with the real libostree and a sysroot of tiny trees. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const SOURCES = ['rollback.c', 'settled-switch.c'].map((name) =>
  join(import.meta.dirname, '../guest/ostree', name),
);

const inNamespaces = ['--mount', '--pid', '--fork', '--kill-child'] as const;
const allowed = await execa('unshare', [...inNamespaces, 'true'], { reject: false });
const skip =
  allowed.failed || process.getuid?.() !== 0 ? 'only root has deployments and namespaces' : false;

/** libostree freezes the file system that has /boot for a moment. That of memory cannot be frozen, so nobody else waits. */
const directory = await mkdtemp('/dev/shm/hostproof-ostree-rollback-');
t.teardown(() => rm(directory, { recursive: true, force: true }));
const program = join(directory, 'ostree-rollback');
// as in images/steps/ostree-base.sh
const options = ['-O2', '-Wall', '-Wextra', '-Werror', '-s', '-o', program];
const libostree = await execa('pkg-config', ['--cflags', '--libs', 'ostree-1']);
await execa('cc', [...options, ...SOURCES, ...libostree.stdout.trim().split(/\s+/)]);

/** Deployments that can be removed, and staging without systemd. */
const env = { OSTREE_SYSROOT_DEBUG: 'mutable-deployments,test-staged-path' };

interface Deployment {
  readonly name: string;
  readonly version: string;
  readonly serial: number;
}

interface Ended {
  readonly exitCode?: number;
}

/**
 * As libostree knows what is booted: `/` is the deployment's directory, and /run says so. A process namespace of its own,
 * because libostree compares its mounts with those of the first process. /sysroot and /boot are read-only, as on a host.
 */
const BOOT = `
sysroot=$1 deployment=$1/ostree/deploy/node/deploy/$2 program=$3 script=$4
shift 4
mount --bind "$deployment" "$deployment"
mount --bind -o ro "$sysroot" "$deployment/sysroot"
mount --bind -o ro "$sysroot/boot" "$deployment/boot"
mount --bind -o ro /usr "$deployment/usr"
mount --bind /dev "$deployment/dev"
mount -t proc proc "$deployment/proc"
mount -t tmpfs run "$deployment/run"
: >"$deployment/run/ostree-booted"
cp "$program" "$deployment/run/ostree-rollback"
exec chroot "$deployment" /bin/sh -euc "$script" sh "$@"
`;

async function commit(sysroot: string, version: string): Promise<void> {
  const tree = await mkdtemp(join(directory, 'tree-'));
  const modules = join(tree, 'usr/lib/modules/6.1');
  await mkdir(modules, { recursive: true });
  await mkdir(join(tree, 'usr/etc'));
  for (const below of ['sysroot', 'boot', 'dev', 'proc', 'run', 'tmp', 'var']) {
    await mkdir(join(tree, below));
  }
  await writeFile(join(tree, 'usr/lib/os-release'), 'ID=reference-node\n');
  await writeFile(join(modules, 'vmlinuz'), 'a kernel');
  await writeFile(join(modules, 'initramfs.img'), version);
  await symlink('sysroot/ostree', join(tree, 'ostree'));
  for (const link of ['bin', 'lib', 'lib64']) await symlink(`usr/${link}`, join(tree, link));
  const options = [`--branch=${version}`, `--add-metadata-string=version=${version}`];
  await execa('ostree', [`--repo=${join(sysroot, 'ostree/repo')}`, 'commit', ...options, tree]);
}

/** A sysroot that these versions were deployed to, one after the other: the last one starts next. */
async function sysrootWith(...versions: readonly string[]): Promise<string> {
  const sysroot = await mkdtemp(join(directory, 'sysroot-'));
  const admin = (...args: string[]): Promise<unknown> =>
    execa('ostree', ['admin', ...args], { env });
  await admin('init-fs', sysroot);
  await admin('os-init', `--sysroot=${sysroot}`, 'node');
  const repository = `--repo=${join(sysroot, 'ostree/repo')}`;
  await execa('ostree', [repository, 'config', 'set', 'sysroot.bootloader', 'none']);
  for (const version of new Set(versions)) await commit(sysroot, version);
  for (const version of versions) {
    await admin('deploy', `--sysroot=${sysroot}`, '--os=node', '--retain', version);
  }
  return sysroot;
}

/** In the order of the menu: the first one starts next. */
async function listed(sysroot: string): Promise<readonly Deployment[]> {
  const status = await execa('ostree', ['admin', 'status', `--sysroot=${sysroot}`]);
  const each = /^ {2}node ([0-9a-f]{64}\.(\d+)).*\n +Version: (.+)$/gm;
  return [...status.stdout.matchAll(each)].map(([, name = '', serial = '', version = '']) => ({
    name,
    version,
    serial: Number(serial),
  }));
}

async function versions(sysroot: string): Promise<readonly string[]> {
  return (await listed(sysroot)).map(({ version }) => version);
}

async function deploymentOf(sysroot: string, version: string, serial = 0): Promise<Deployment> {
  const wanted = (one: Deployment): boolean => one.version === version && one.serial === serial;
  const found = (await listed(sysroot)).find(wanted);
  if (found === undefined) throw new Error(`${version} is not deployed`);
  return found;
}

/** What a script says on the host that runs this deployment. */
function onHost(
  sysroot: string,
  booted: Deployment,
  script: string,
  ...args: string[]
): Promise<Ended> {
  const boot = ['sh', '-euc', BOOT, 'sh', sysroot, booted.name, program, script, ...args];
  return execa('unshare', [...inNamespaces, ...boot], { env, reject: false });
}

type RollBack = (...args: string[]) => Promise<Ended>;

/** Going back on a host that runs this version. */
async function runs(sysroot: string, version: string, serial = 0): Promise<RollBack> {
  const booted = await deploymentOf(sysroot, version, serial);
  return (...args) => onHost(sysroot, booted, 'exec /run/ostree-rollback "$@"', ...args);
}

const DONE = { exitCode: 0, stderr: /^$/ };
const NO_SUCH = { exitCode: 3, stderr: /no such deployment/ };

void t.test('versions are compared by number, not as text', { skip }, async (t) => {
  const sysroot = await sysrootWith('1.9', '1.10');
  const rollBack = await runs(sysroot, '1.10');
  t.match(await rollBack(), DONE);
  t.strictSame(await versions(sysroot), ['1.9', '1.10']);
});

void t.test('the oldest goes nowhere, unless it is told where', { skip }, async (t) => {
  const sysroot = await sysrootWith('1.10', '1.9');
  const newer = await deploymentOf(sysroot, '1.10');
  const rollBack = await runs(sysroot, '1.9');
  t.match(await rollBack(), NO_SUCH, 'what is next in the list is newer');
  t.strictSame(await versions(sysroot), ['1.9', '1.10']);
  t.match(await rollBack(newer.name), DONE);
  t.strictSame(await versions(sysroot), ['1.10', '1.9']);
});

void t.test('it goes back from what runs, whatever starts next', { skip }, async (t) => {
  const sysroot = await sysrootWith('1.9', '1.10', '1.11');
  const rollBack = await runs(sysroot, '1.11');
  t.match(await rollBack(), DONE);
  t.strictSame(await versions(sysroot), ['1.10', '1.11', '1.9']);
  t.match(await rollBack(), DONE);
  t.strictSame(await versions(sysroot), ['1.10', '1.11', '1.9'], 'again, and not further');
});

void t.test('of one commit that was deployed twice, the first is older', { skip }, async (t) => {
  const sysroot = await sysrootWith('1.10', '1.10');
  const serials = async (): Promise<unknown> => (await listed(sysroot)).map(({ serial }) => serial);
  t.strictSame(await serials(), [1, 0]);
  const rollBack = await runs(sysroot, '1.10', 1);
  t.match(await rollBack(), DONE);
  t.strictSame(await serials(), [0, 1]);
});

void t.test('what it cannot do changes nothing', { skip }, async (t) => {
  const sysroot = await sysrootWith('1.9', '1.10');
  const rollBack = await runs(sysroot, '1.10');
  const { name } = await deploymentOf(sysroot, '1.9');
  const before = await listed(sysroot);
  t.match(await rollBack(`${'0'.repeat(64)}.0`), NO_SUCH);
  t.match(await rollBack(name.replace(/0$/, '1')), NO_SUCH, 'the serial number is of the name');
  t.match(await rollBack('-x'), { exitCode: 2, stderr: /^usage: / });
  t.match(await rollBack(name, name), { exitCode: 2, stderr: /^usage: / });
  t.strictSame(await listed(sysroot), before);
});

void t.test('what is staged is dropped, and never chosen', { skip }, async (t) => {
  const script = 'ostree admin deploy --stage "$1" >&2; ls /run/ostree; $2; ls /run/ostree';
  for (const staged of ['1.11', '1.9']) {
    const sysroot = await sysrootWith('1.8', '1.10');
    await commit(sysroot, staged);
    const booted = await deploymentOf(sysroot, '1.10');
    const ended = await onHost(sysroot, booted, script, staged, '/run/ostree-rollback');
    t.match(ended, { exitCode: 0, stdout: /^staged-deployment\n*$/ }, `${staged} was staged`);
    t.strictSame(await versions(sysroot), ['1.8', '1.10']);
  }
});

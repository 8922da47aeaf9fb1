import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { sha256File } from '../../harness/adapters/sha256.ts';
import { ignitionConfig } from '../ignition.ts';
import { runStep } from '../step.ts';

const GUEST = join(import.meta.dirname, '../guest');
const REF = 'reference-node/x86_64';

async function scratch(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-ostree-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A root as the ostree-base step leaves it, but for its size. */
async function smallBase(directory: string): Promise<string> {
  const tree = join(directory, 'tree');
  const modules = 'usr/lib/modules/6.1.0-1';
  for (const below of [
    ...[modules, 'etc', 'var/lib/dpkg', 'var/lib/mail', 'home', 'opt', 'srv', 'mnt', 'root'],
    ...['media', 'usr/local', 'usr/lib/tmpfiles.d', 'boot', 'tmp', 'dev', 'proc', 'run', 'sys'],
  ]) {
    await mkdir(join(tree, below), { recursive: true });
  }
  await writeFile(join(tree, modules, 'vmlinuz'), 'a kernel');
  await mkdir(join(tree, modules, 'kernel/lib'), { recursive: true });
  await writeFile(join(tree, modules, 'kernel/lib/crc7.ko'), 'a module');
  await writeFile(join(tree, modules, 'initramfs.img'), 'i'.repeat(5000));
  await writeFile(join(tree, 'etc/hostname'), 'x\n');
  await writeFile(join(tree, 'var/lib/dpkg/status'), 'Package: x\n');
  const base = join(directory, 'base');
  await mkdir(base);
  await execa('tar', ['--create', '--file', join(base, 'base.tar'), '--directory', tree, '.']);
  return base;
}

async function step(
  directory: string,
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const made = await mkdtemp(join(directory, 'made-'));
  const [out, work] = [join(made, 'out'), join(made, 'work')];
  await mkdir(out);
  await mkdir(join(work, 'overlay/etc'), { recursive: true });
  await writeFile(join(work, 'overlay/etc/reference-node.conf'), 'greeting\n');
  await runStep({
    script,
    environment: {
      ...{ OUT: out, WORK: work, GUEST, OVERLAY: join(work, 'overlay'), REF },
      ...environment,
    },
    log: join(made, 'log'),
    onPhase: () => undefined,
  });
  return out;
}

async function unpacked(directory: string, tarball: string): Promise<string> {
  const repository = await mkdtemp(join(directory, 'repo-'));
  await execa('tar', ['--extract', '--file', tarball, '--directory', repository]);
  return repository;
}

void t.test('a commit', async (t) => {
  const directory = await scratch(t);
  const BASE = await smallBase(directory);
  const make = (VERSION: string, PANICS = '0', INITRAMFS = '1'): Promise<string> =>
    step(directory, 'ostree-tree.sh', { BASE, VERSION, PANICS, INITRAMFS, PACKAGES: '' });
  const [one, two] = [await make('1.0'), await make('1.0')];
  const repository = await unpacked(directory, join(one, 'commit.tar'));
  const ostree = async (...args: string[]): Promise<string> =>
    (await execa('ostree', [`--repo=${repository}`, ...args])).stdout;
  const facts = async (out: string): Promise<unknown> =>
    JSON.parse(await readFile(join(out, 'facts.json'), 'utf8'));

  t.equal(
    await sha256File(join(one, 'commit.tar')),
    await sha256File(join(two, 'commit.tar')),
    'the same inputs make the same bytes',
  );
  t.strictSame(await facts(one), await facts(two));
  t.match(await facts(one), { commit: await ostree('rev-parse', REF), kernelRelease: '6.1.0-1' });
  t.equal(await ostree('refs'), REF);
  await t.resolves(ostree('fsck', '--quiet'));

  const listed = (await ostree('ls', '-R', REF, '/'))
    .split('\n')
    .map((line) => line.replace(/^\S+ \d+ \d+ +\d+ /, ''));
  t.match(listed.join('\n'), /^\/usr\/etc\/reference-node.conf$/m, '/etc of the image is /usr/etc');
  t.match(listed.join('\n'), /\/root -> var\/roothome$/m);
  t.match(listed.join('\n'), /\/ostree -> sysroot\/ostree$/m);
  t.match(listed.join('\n'), /\/usr\/lib\/sysimage\/dpkg\/status$/m);
  t.notMatch(listed.join('\n'), /^\/(var|boot|sysroot)\/./m, 'nothing in what is not the image');
  const made = await ostree('cat', REF, '/usr/lib/tmpfiles.d/reference-node-var.conf');
  t.match(made, /^d \/var\/lib\/mail 0755 /m, 'what packages have in /var is made on the host');
  t.match(made, /^L \/var\/lib\/dpkg /m);

  const initramfs = '/usr/lib/modules/6.1.0-1/initramfs.img';
  const later = await unpacked(directory, join(await make('1.1'), 'commit.tar'));
  const other = await execa('ostree', [`--repo=${later}`, 'ls', '--checksum', REF, initramfs]);
  t.not(other.stdout, await ostree('ls', '--checksum', REF, initramfs), 'its own initramfs');

  const forgotten = await unpacked(directory, join(await make('1.1', '0', '0'), 'commit.tar'));
  const kernels = await execa('ostree', [
    `--repo=${forgotten}`,
    'ls',
    '-R',
    REF,
    dirname(initramfs),
  ]);
  t.match(kernels.stdout, /vmlinuz$/m);
  t.notMatch(kernels.stdout, /initramfs/, 'its initramfs was forgotten');

  const spoil = async (HOW: string): Promise<string> => {
    const environment = { HOW, COMMIT: join(one, 'commit.tar'), KEEP_PERCENT: '60' };
    const out = await step(directory, 'ostree-spoil.sh', { ...environment, VERSION: '1.0' });
    return join(out, 'commit.tar');
  };
  const spoiled = async (how: string): Promise<string> => unpacked(directory, await spoil(how));
  t.equal(
    await sha256File(await spoil('digest')),
    await sha256File(await spoil('digest')),
    'what is spoiled is the same bytes each time, too',
  );
  for (const how of ['cut', 'flip', 'digest']) {
    const fsck = execa('ostree', [`--repo=${await spoiled(how)}`, 'fsck', '--quiet']);
    await t.rejects(fsck, `${how}: an object is not what its name says`);
  }
  const aged = await spoiled('age');
  const older = async (...args: string[]): Promise<string> =>
    (await execa('ostree', [`--repo=${aged}`, ...args])).stdout;
  await t.resolves(older('fsck', '--quiet'));
  t.match(await older('show', REF), /^Date: +2023-12-31 23:59:59 /m, 'older than any other');
  t.match(await ostree('show', REF), /^Date: +2024-01-01 00:00:00 /m);
  t.equal(await older('ls', '-R', REF), await ostree('ls', '-R', REF), 'the same files');
  t.match(await older('show', '--print-metadata-key=version', REF), '1.0');

  const relaid = async (HOW: string): Promise<string> => {
    const environment = { HOW, COMMIT: join(one, 'commit.tar'), VERSION: '1.0' };
    const out = await step(directory, 'ostree-relaid.sh', environment);
    const place = await unpacked(directory, join(out, 'commit.tar'));
    await t.resolves(execa('ostree', [`--repo=${place}`, 'fsck', '--quiet']), `${HOW}: whole`);
    const all = (await execa('ostree', [`--repo=${place}`, 'ls', '-R', REF, '/'])).stdout;
    return all.replace(/^\S+ \d+ \d+ +\d+ /gm, '');
  };
  const plain = await relaid('other');
  t.match(plain, /^\/etc\/hostname$/m);
  t.match(plain, /^\/boot\/vmlinuz-6.1.0-1$/m);
  t.notMatch(plain, /^\/usr\/etc/m);
  t.notMatch(await relaid('no-etc'), /^(\/usr)?\/etc/m);

  const panics = await unpacked(directory, join(await make('1.1.1', '1'), 'commit.tar'));
  const nothing = await execa('ostree', [`--repo=${panics}`, 'cat', REF, initramfs]);
  t.match(nothing.stdout, /^070701.*TRAILER!!!/, 'an archive with nothing in it');
});

void t.test('what a package has in /usr, as a tree to lay over it', async (t) => {
  const directory = await scratch(t);
  const packages = await step(directory, 'reference-packages.sh', {
    BASE: await smallBase(directory),
  });
  const make = async (): Promise<string> => {
    const environment = { RPM: join(packages, 'admin-tool.rpm'), NAME: 'admin-tool' };
    const branch = { REF: 'package/admin-tool' };
    return join(
      await step(directory, 'ostree-packages.sh', { ...environment, ...branch }),
      'package.tar',
    );
  };
  const tarball = await make();
  t.equal(await sha256File(tarball), await sha256File(await make()), 'the same bytes each time');
  const repository = await unpacked(directory, tarball);
  const ostree = async (...args: string[]): Promise<string> =>
    (await execa('ostree', [`--repo=${repository}`, ...args])).stdout;
  t.equal(await ostree('refs'), 'package/admin-tool');
  const release = '/usr/lib/extension-release.d/extension-release.admin-tool';
  t.equal(await ostree('cat', 'package/admin-tool', release), 'ID=_any');
  const listed = (await ostree('ls', '-R', 'package/admin-tool', '/')).split('\n');
  t.match(
    listed.filter((line) => line.startsWith('-')),
    [/^-00755 0 0 .* \/usr\/bin\/admin-tool$/, release],
    'it belongs to root, and there is nothing outside /usr',
  );
});

void t.test('what a host is provisioned with', (t) => {
  const config = JSON.parse(ignitionConfig('ssh-ed25519 AAAA me\n')) as Record<string, unknown>;
  t.match(config, {
    ignition: { version: '3.3.0' },
    passwd: { users: [{ name: 'root', sshAuthorizedKeys: ['ssh-ed25519 AAAA me'] }, {}] },
    systemd: { units: [{ enabled: true }] },
  });
  t.end();
});

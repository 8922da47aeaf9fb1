import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Test } from 'tap';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

const LOCK = {
  lockfileVersion: 3,
  packages: {
    '': { name: 'checkout' },
    'node_modules/wanted': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/elsewhere': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  },
};

/** Commands that `npm test` wants from the system. */
const TOOLS = [
  ...['shellcheck', 'qemu-system-x86_64', 'qemu-img', 'setpriv', 'xorriso', 'mcopy'],
  ...['mkfs.vfat', 'patch', 'cpio', 'ostree', 'nbdcopy', 'rpmbuild', 'createrepo_c', 'ssh-keygen'],
];

/** A checkout of its own, with only its own commands in PATH. */
class Checkout {
  readonly root = mkdtempSync(join(tmpdir(), 'hostproof-setup-'));
  readonly bin = join(this.root, 'tools', 'bin');

  constructor(test: Test, engines = '>=20.20') {
    test.teardown(() => {
      rmSync(this.root, { recursive: true, force: true });
    });
    chmodSync(this.root, 0o777);
    mkdirSync(this.bin, { recursive: true });
    chmodSync(this.bin, 0o777);
    copyFileSync(join(repository, 'setup.mjs'), join(this.root, 'setup.mjs'));
    const manifest = {
      name: 'checkout',
      bin: { hostproof: 'harness/cli/hostproof.mjs' },
      engines: { node: engines },
    };
    writeFileSync(join(this.root, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(this.root, 'package-lock.json'), JSON.stringify(LOCK));
    symlinkSync(process.execPath, join(this.bin, 'node'));
    for (const tool of ['sh', 'mkdir', 'touch', 'chmod', 'env']) this.borrow(tool);
  }

  /** A command that notes that it was called, and then does what the body says. */
  command(name: string, body = ''): void {
    const script = `#!/bin/sh\necho "${name} $*" >>"${this.root}/calls"\n${body}\n`;
    writeFileSync(join(this.bin, name), script, { mode: 0o755 });
  }

  borrow(name: string): void {
    const from = ['/usr/bin', '/bin'].map((directory) => join(directory, name)).find(existsSync);
    if (from === undefined) throw new Error(`this system has no ${name}`);
    symlinkSync(from, join(this.bin, name));
  }

  installNpmPackages(
    packages: object = { 'node_modules/wanted': LOCK.packages['node_modules/wanted'] },
  ): void {
    mkdirSync(join(this.root, 'node_modules', 'wanted'), { recursive: true });
    writeFileSync(join(this.root, 'node_modules', 'wanted', 'package.json'), '{}');
    writeFileSync(
      join(this.root, 'node_modules', '.package-lock.json'),
      JSON.stringify({ packages }),
    );
  }

  installTools(): void {
    for (const tool of TOOLS) this.command(tool);
  }

  setup(options: { purpose?: string; check?: boolean; uid?: number } = {}) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['setup.mjs', options.purpose ?? 'dev'],
      {
        cwd: this.root,
        encoding: 'utf8',
        env: { PATH: this.bin, ...(options.check === true ? { HOSTPROOF_SETUP: 'check' } : {}) },
        input: '',
        ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
      },
    );
    return { status, stdout, stderr, calls: this.calls() };
  }

  calls(): string[] {
    const file = join(this.root, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }
}

/** OVMF is recognised by its files, which no PATH can hide. */
const firmware = existsSync('/usr/share/OVMF/OVMF_CODE_4M.fd');
const needsFirmware = firmware ? false : 'this system has no OVMF';

t.test('nothing is missing: silent, changes nothing but the link', { skip: needsFirmware }, (t) => {
  const checkout = new Checkout(t);
  checkout.installNpmPackages();
  checkout.installTools();
  t.same(checkout.setup({ check: true }), { status: 0, stdout: '', stderr: '', calls: [] });
  t.same(checkout.setup(), { status: 0, stdout: '', stderr: '', calls: [] });
  const link = join(checkout.root, 'node_modules', '.bin', 'hostproof');
  t.equal(readlinkSync(link), '../../harness/cli/hostproof.mjs');
  t.equal(
    join(dirname(link), readlinkSync(link)),
    join(checkout.root, 'harness/cli/hostproof.mjs'),
  );
  t.end();
});

t.test(
  'npm ci runs when the packages are not those of the lock file',
  { skip: needsFirmware },
  (t) => {
    const wanted = LOCK.packages['node_modules/wanted'];
    const states: Record<string, object | null> = {
      'no packages': null,
      'another version': { 'node_modules/wanted': { ...wanted, version: '0.9.0' } },
      'another content': { 'node_modules/wanted': { ...wanted, integrity: 'sha512-c' } },
      'one too many': { 'node_modules/wanted': wanted, 'node_modules/more': wanted },
    };
    for (const [name, packages] of Object.entries(states)) {
      const checkout = new Checkout(t);
      checkout.installTools();
      checkout.command('npm');
      if (packages) checkout.installNpmPackages(packages);
      t.match(
        checkout.setup({ check: true }),
        { status: 3, stdout: /^npm ci.*\n$/, calls: [] },
        name,
      );
      t.match(
        checkout.setup(),
        { status: 0, stdout: '', stderr: /^setup: npm ci/, calls: [/^npm ci/] },
        name,
      );
    }
    t.end();
  },
);

t.test('a failing npm ci ends with exit status 3', (t) => {
  const checkout = new Checkout(t);
  checkout.command('npm', 'exit 7');
  t.match(checkout.setup(), { status: 3, stderr: /npm ci.*exit status 7/ });
  t.end();
});

t.test(
  'missing commands are installed by apt, all at once',
  { skip: !isRoot && 'only root' },
  (t) => {
    const checkout = new Checkout(t);
    checkout.installNpmPackages();
    checkout.command(
      'apt-get',
      `case "$*" in *install*) for tool in ${TOOLS.join(' ')}; do touch "${checkout.bin}/$tool"; chmod 755 "${checkout.bin}/$tool"; done;; *) exit 100;; esac`,
    );
    const checked = checkout.setup({ check: true });
    t.match(checked, {
      status: 3,
      stdout:
        /apt-get .*update\napt-get .*install .*qemu-system-x86 .*ostree libnbd-bin rpm createrepo-c\n/,
    });
    t.same(checked.calls, [], 'a check runs nothing');
    t.match(checkout.setup(), {
      status: firmware ? 0 : 3,
      calls: [/update$/, /install --yes --no-install-recommends shellcheck qemu-system-x86 /],
    });
    t.end();
  },
);

t.test('apt that brings nothing is not believed', { skip: !isRoot && 'only root' }, (t) => {
  const checkout = new Checkout(t);
  checkout.installNpmPackages();
  checkout.command('apt-get');
  t.match(checkout.setup(), { status: 3, stderr: /still not found: shellcheck / });
  t.end();
});

t.test('a system without apt is told what to install', (t) => {
  const checkout = new Checkout(t);
  checkout.installNpmPackages();
  t.match(checkout.setup({ purpose: 'e2e' }), {
    status: 3,
    stderr: /no apt-get; install these .*: shellcheck .*squashfs-tools/,
    calls: [],
  });
  t.end();
});

t.test('without root: sudo, unless it would ask for a password', (t) => {
  const user = isRoot ? { uid: NOBODY } : {};
  const checkout = new Checkout(t);
  checkout.installNpmPackages();
  mkdirSync(join(checkout.root, 'node_modules', '.bin'));
  symlinkSync(
    '../../harness/cli/hostproof.mjs',
    join(checkout.root, 'node_modules', '.bin', 'hostproof'),
  );
  checkout.command('apt-get');
  t.match(checkout.setup(user), {
    status: 3,
    stderr: /neither root nor sudo; install these/,
    calls: [],
  });

  checkout.command('sudo', '[ "$1" = -n ] && exit 1; exec "$@"');
  t.match(checkout.setup(user), {
    status: 3,
    stderr: /sudo wants a password/,
    calls: ['sudo -n true'],
  });

  checkout.command('sudo', '[ "$1" = -n ] && exit 0; exec "$@"');
  const { calls } = checkout.setup(user);
  t.match(calls.slice(2), [
    /^sudo env .*update$/,
    /^apt-get .*update$/,
    /^sudo env .*install /,
    /^apt-get .*install /,
  ]);
  t.end();
});

t.test('an old Node and an unknown purpose are refused', (t) => {
  const old = new Checkout(t, '>=99.1');
  t.match(old.setup(), { status: 3, stderr: /Node >=99\.1 is needed, and this is \d+\./ });
  t.match(new Checkout(t).setup({ purpose: 'other' }), { status: 2, stderr: /^usage:/ });
  t.end();
});

t.test('the check of this checkout says whether anything is missing', (t) => {
  const env = { ...process.env, HOSTPROOF_SETUP: 'check' };
  const { status } = spawnSync(process.execPath, ['setup.mjs', 'dev'], {
    cwd: repository,
    env,
    timeout: 5000,
  });
  t.ok(status === 0 || status === 3);
  t.end();
});

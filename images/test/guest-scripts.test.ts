/** Scripts that are sent to hosts, run here: on a small file system, and with an ostree that says what it is told. */
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';

const GUEST = join(import.meta.dirname, '../guest');
const AS_ROOT = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];

async function scratch(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-scripts-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Where these programs, by name, are found before all others; each is the text of a shell script. */
async function pathOf(
  directory: string,
  programs: Readonly<Record<string, string>>,
): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return `${bin}:${process.env['PATH'] ?? ''}`;
}

void t.test('a file system is filled, more than once, and is empty again', async (t) => {
  const place = await scratch(t);
  const program = [
    `mount -t tmpfs -o size=64m small ${place}`,
    `fill() { sh ${join(GUEST, 'probe/fill.sh')} ${place} "$1"; }`,
    'fill 20; fill 20; fill 4',
    `stat -c %s ${place}/filler`,
    `rm ${place}/filler`,
    'fill 100; fill 32',
  ].join('\n');
  const options = [...AS_ROOT, '--mount', 'sh', '-euc', program];
  const { stdout } = await execa('unshare', options);
  const sixty = (60 * 2 ** 20).toString();
  t.same(stdout.split('\n'), ['44 20', '0 20', '16 4', sixty, '0 64', '32 32']);
});

void t.test('what somebody else takes while a file system is filled is not there', async (t) => {
  const place = await scratch(t);
  const directory = await scratch(t);
  const real = (await execa('sh', ['-c', 'command -v fallocate'])).stdout;
  const PATH = await pathOf(directory, {
    fallocate: `[ -e ${place}/other ] || head -c 8M /dev/zero >${place}/other; exec ${real} "$@"`,
  });
  const fill = `sh ${join(GUEST, 'probe/fill.sh')} ${place}`;
  const program = `mount -t tmpfs -o size=64m small ${place}; ${fill} 4`;
  const options = [...AS_ROOT, '--mount', 'sh', '-euc', program];
  const { stdout } = await execa('unshare', options, { env: { PATH } });
  t.equal(stdout, '52 4');
});

void t.test('a file system that cannot be filled says why', async (t) => {
  const [place, directory] = [await scratch(t), await scratch(t)];
  const PATH = await pathOf(directory, { fallocate: 'echo not here >&2; exit 1' });
  const program = `mount -t tmpfs -o size=64m small ${place}; sh ${join(GUEST, 'probe/fill.sh')} ${place} 4`;
  const options = { env: { PATH }, reject: false } as const;
  const ended = await execa('unshare', [...AS_ROOT, '--mount', 'sh', '-euc', program], options);
  t.match(ended, { exitCode: 1, stdout: '', stderr: 'not here' });
});

const CHECK = join(GUEST, 'ostree/tree/usr/libexec/reference-node/check-pulled');

const MODULES = '/usr/lib/modules/6.1';
const KERNEL = `d00755 0 0 0 ${MODULES}
-00644 0 0 ${(12 * 2 ** 20).toString()} ${MODULES}/vmlinuz
-00644 0 0 ${(20 * 2 ** 20).toString()} ${MODULES}/initramfs.img
-00644 0 0 ${(90 * 2 ** 20).toString()} ${MODULES}/kernel/vmlinuz
`;

const STATUS = `  reference-node b.0 (staged)
    origin refspec: another:one
* reference-node a.0
    Version: 1.0
    origin refspec: remote:ref
`;

/** How the check ends for a commit with these files, with so many free blocks of 1 MiB in /boot. */
async function checked(
  t: Test,
  {
    freeMiB = 100,
    files = KERNEL,
    hasEtc = true,
    status = STATUS,
    menu = 'END { print "set default=0" }',
    program = 'menu.awk',
    unreadable = 'nothing',
  },
): Promise<readonly unknown[]> {
  const programs = {
    ostree: `case "$*" in
      'admin status') printf '%s' "$STATUS" ;;
      "$UNREADABLE") echo 'error: Input/output error' >&2; exit 1 ;;
      'ls remote:ref /usr') echo 'd00755 0 0 0 /usr'; ${hasEtc ? "echo 'd00755 0 0 0 /usr/etc'" : 'true'} ;;
      'ls remote:ref /usr/libexec/reference-node') echo '-00644 0 0 9 /usr/libexec/reference-node/${program}' ;;
      'ls -R remote:ref /usr/lib/modules') printf '%s' "$FILES" ;;
      'cat remote:ref /usr/libexec/reference-node/menu.awk') printf '%s' "$MENU" ;;
      *) exit 9 ;;
    esac`,
    'grub-script-check': '! grep "is never closed" "$1"',
    stat: `[ "$*" = '-f -c %a %S /boot' ] && echo ${freeMiB.toString()} 1048576`,
  };
  const directory = await scratch(t);
  const PATH = await pathOf(directory, programs);
  await mkdir(join(directory, 'entries'));
  await writeFile(join(directory, 'entries/ostree-1-os.conf'), 'title Reference Node\n');
  const [TMPDIR, LOADER] = [await scratch(t), directory];
  const env = {
    PATH,
    TMPDIR,
    LOADER,
    STATUS: status,
    FILES: files,
    MENU: menu,
    UNREADABLE: unreadable,
  };
  const { exitCode, stderr } = await execa('sh', [CHECK], { env, reject: false });
  t.same(await readdir(TMPDIR), [], 'nothing is left');
  return [exitCode, stderr];
}

void t.test('what was pulled is held against what it needs before it is staged', async (t) => {
  t.same(await checked(t, { freeMiB: 40 }), [0, ''], 'kernel, initramfs and what is spare');
  const full = 'refused: no space in /boot: the kernel needs 40 MiB, 39 MiB are free';
  t.same(await checked(t, { freeMiB: 39 }), [3, full]);
  const files = KERNEL.replace(/.*initramfs[.]img\n/, '');
  const unfinished = 'refused: the commit has no kernel with an initramfs';
  t.same(await checked(t, { files }), [3, unfinished]);
  t.same(await checked(t, { files: '' }), [3, unfinished]);
  const none = 'refused: the commit has no /usr/etc';
  t.same(await checked(t, { files, hasEtc: false }), [3, none]);
  const [code] = await checked(t, { status: '* reference-node a.0\n' });
  t.equal(code, 1, 'a host that follows nothing');
  const without = 'refused: the commit has no menu.awk';
  t.same(await checked(t, { program: 'health' }), [3, without]);
  for (const unreadable of [
    'ls remote:ref /usr',
    'ls -R remote:ref /usr/lib/modules',
    'ls remote:ref /usr/libexec/reference-node',
    'cat remote:ref /usr/libexec/reference-node/menu.awk',
  ])
    t.same(await checked(t, { unreadable }), [1, 'error: Input/output error'], unreadable);
  const unparsable = 'refused: GRUB cannot parse the boot menu that the commit makes';
  const open = 'END { print "an entry that is never closed" }';
  t.same(await checked(t, { menu: open }), [3, `an entry that is never closed\n${unparsable}`]);
  const [failing, said] = await checked(t, { menu: 'END { print ' });
  t.equal(failing, 3);
  t.match(said, /refused: the menu.awk of the commit fails$/);
});

/** How filling the metadata of a pool ends that has this many blocks, a thousand of which each snapshot takes. */
async function filledMetadata(
  t: Test,
  leaves: readonly number[],
  status = '0 1 thin-pool 1 $(cat used)/8192 9/99 - rw',
): Promise<{ readonly ended: readonly unknown[][]; readonly snapshots: string }> {
  const directory = await scratch(t);
  const programs = {
    lvcreate: 'true',
    dd: 'true',
    lvs: 'echo "    7"',
    perl: '[ "$3" = /dev/mapper/hostproof-filler ]',
    dmsetup: `case "$*" in
      "status onn-pool00-tpool") echo "${status}" ;;
      "message onn-pool00-tpool 0 create_snap 16"*" 7") id=\${4% 7}; mkdir "snapshot-\${id#* }" 2>/dev/null ;;
      "create hostproof-filler --table 0 1048576 thin /dev/mapper/onn-pool00-tpool 16"*) true ;;
      "remove --retry hostproof-filler") echo $(($(cat used) + 1000)) >used ;;
      *) exit 9 ;;
    esac`,
  };
  const PATH = await pathOf(directory, programs);
  await writeFile(join(directory, 'used'), '100\n');
  const script = join(GUEST, 'probe/thin-fill-metadata.sh');
  const ended: unknown[][] = [];
  for (const leave of leaves) {
    const options = { env: { PATH }, cwd: directory, reject: false } as const;
    const { exitCode, stdout, stderr } = await execa('sh', [script, leave.toString()], options);
    ended.push([exitCode, stdout, stderr]);
  }
  const { stdout } = await execa('sh', ['-c', 'echo snapshot-*'], { cwd: directory });
  return { ended, snapshots: stdout };
}

void t.test("a pool's metadata is filled by snapshots, more than once", async (t) => {
  const { ended, snapshots } = await filledMetadata(t, [24, 16, 20]);
  t.same(ended, [
    [0, '8 23', ''],
    [0, '8 15', ''],
    [0, '0 15', ''],
  ]);
  const taken = [0, 1, 2, 3].map((number) => `snapshot-${(16_000_000 + number).toString()}`);
  t.equal(snapshots, taken.join(' '), 'what was made before is passed over');
});

void t.test('a pool that has failed is not full', async (t) => {
  const { ended, snapshots } = await filledMetadata(t, [4], '0 1 thin-pool Fail');
  t.match(ended, [[1, '', /^not the status of a pool: /]]);
  t.equal(snapshots, 'snapshot-*', 'none was made');
});

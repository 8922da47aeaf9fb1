import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { kickstart, ostreeKickstart, writeOemdrv } from '../kickstart.ts';

const CHECK = join(import.meta.dirname, '../guest/installer/kickstart-check');
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample admin@example';

/** A kickstart that is complete; a test adds what it is about. */
const COMPLETE =
  'clearpart --all\nautopart --type=thinp\nliveimg --url=http://images/x.img\nreboot\n';
const MANUAL = [
  'liveimg --url=file:///run/install/repo/LiveOS/squashfs.img',
  'reqpart --add-boot',
  'part pv.01 --size=4200 --grow',
  'volgroup HostVG pv.01 --reserved-percent=5',
  'logvol none --vgname=HostVG --name=HostPool --thinpool --size=4000 --grow',
  'logvol / --vgname=HostVG --name=root --thin --poolname=HostPool --fsoptions="defaults,discard" --size=3200',
  'logvol /var --vgname=HostVG --name=var --thin --poolname=HostPool --size 1500 --grow',
  'poweroff',
];

interface Checked {
  readonly exitCode: number | undefined;
  readonly plan: string[];
  readonly errors: string[];
  readonly notes: string[];
}

async function check(dir: string, text: string | Buffer, ...options: string[]): Promise<Checked> {
  const file = join(dir, 'ks.cfg');
  await writeFile(file, text);
  const result = await execa(CHECK, [...options, file], { reject: false });
  const said = result.stderr.split('\n').filter((line) => line !== '');
  return {
    exitCode: result.exitCode,
    plan: result.stdout.split('\n'),
    errors: said.filter((line) => line.startsWith('installer: ERROR: ')),
    notes: said.filter((line) => !line.startsWith('installer: ERROR: ')),
  };
}

/** The fields of the first record of a kind. */
function record({ plan }: Checked, kind: string): Record<string, string> {
  const line = plan.find((one) => one.startsWith(`${kind}\t`)) ?? '';
  const fields = line.split('\t').slice(1);
  return Object.fromEntries(fields.map((one) => one.split(/=(.*)/s, 2) as [string, string]));
}

t.test('the kickstart that hosts are installed with is understood in full', async (t) => {
  const text = kickstart({ sshKey: KEY, append: 'audit=0', timeoutS: 3, finish: 'poweroff' });
  const checked = await check(t.testdir(), text, '--disk-size=10240');
  t.same([checked.exitCode, checked.errors], [0, []]);
  t.match(record(checked, 'sshkey'), { username: 'root', 1: KEY });
  t.match(record(checked, 'bootloader'), { timeout: '3', append: 'audit=0' });
  t.match(record(checked, 'liveimg'), { url: 'file:///run/install/repo/LiveOS/squashfs.img' });
  t.match(record(checked, 'post'), { erroronfail: 'yes', body: 'script-1' });
  t.same(
    checked.notes.map((note) => note.replace(/ has no effect.*/, '')),
    ['installer: lang', 'installer: keyboard', 'installer: text'],
    'what has no effect is said',
  );
});

t.test('the kickstart of ostree hosts is understood in full', async (t) => {
  const text = ostreeKickstart({ append: 'audit=0', timeoutS: 3, finish: 'poweroff' });
  const checked = await check(t.testdir(), text, '--disk-size=10240');
  t.same([checked.exitCode, checked.errors], [0, []]);
  t.match(record(checked, 'ostreesetup'), {
    ...{ osname: 'reference-node', remote: 'reference-node', ref: 'reference-node/x86_64' },
    url: 'file:///run/install/repo/ostree/repo',
  });
  const parts = checked.plan.filter((line) => line.startsWith('layout part\t'));
  t.same(
    parts.map((line) => /mount=(\S+)\tsize=(\d+)/.exec(line)?.slice(1)),
    [
      ['/boot/efi', '256'],
      ['/boot', '768'],
      ['/', '9214'],
    ],
    'the root takes what is left of the disk',
  );
});

const OSTREE = ostreeKickstart({ append: '', timeoutS: 3, finish: 'poweroff' });
for (const [from, to, message] of [
  [/ --nogpg/, '', /--nogpg is needed/],
  [/--ref=\S+/, '--ref=../../x', /may not contain empty, "\." or "\.\."/],
  [/--osname=\S+/, '--osname=a/b', /may not contain "\/"/],
  [/part \/ .*/, '', /no partition for \//],
  [/part \/ .*/, 'autopart --type=thinp', /ostreesetup and autopart exclude each other/],
  [/$/, 'liveimg --url=http://x/y\n', /ostreesetup and liveimg exclude each other/],
] as const) {
  t.test(`refused with ostreesetup: ${String(message)}`, async (t) => {
    const checked = await check(t.testdir(), OSTREE.replace(from, to));
    t.equal(checked.exitCode, 1);
    t.match(checked.errors.join('\n'), message);
  });
}

t.test('volumes of the caller', async (t) => {
  const text = kickstart({
    sshKey: KEY,
    append: '',
    timeoutS: 3,
    finish: 'reboot',
    disk: 'vda',
    volumes: [
      { mount: '/', name: 'root', sizeMiB: 3072 },
      { mount: '/var', name: 'var', sizeMiB: 2048 },
    ],
    volumeGroup: 'former',
  });
  const checked = await check(t.testdir(), text, '--disk-size=8192');
  t.same([checked.exitCode, checked.errors], [0, []]);
  t.match(record(checked, 'layout pool'), { name: 'pool00', size: '6812' });
  t.match(record(checked, 'layout lv'), { mount: '/', thin: 'pool00', size: '3072' });
  t.match(record(checked, 'layout vg'), { name: 'former' });
});

t.test('a kickstart text cannot be broken out of', (t) => {
  const options = { sshKey: KEY, append: '', timeoutS: 3, finish: 'poweroff' } as const;
  t.throws(() => kickstart({ ...options, append: 'a\nreboot' }), { code: 'usage/kickstart' });
  t.match(kickstart({ ...options, append: 'a"b\\c' }), '--append="a\\"b\\\\c"');
  t.end();
});

t.test('the OEMDRV volume is the same for the same kickstart', async (t) => {
  const dir = t.testdir();
  const [one, two] = [join(dir, 'one.img'), join(dir, 'two.img')];
  await writeOemdrv(one, COMPLETE);
  await new Promise((resolve) => setTimeout(resolve, 2100));
  await writeOemdrv(two, COMPLETE);
  t.ok((await readFile(one)).equals(await readFile(two)));
  const { stdout } = await execa('mtype', ['-i', one, '::ks.cfg']);
  t.equal(`${stdout}\n`, COMPLETE);
});

t.test('quotes, comments and line ends', async (t) => {
  const dir = t.testdir();
  const text = `# first\nsshkey --username=root "${KEY} with words"  # a comment\n\n${COMPLETE}%packages\n# none\n%end\n`;
  const checked = await check(dir, text.replaceAll('\n', '\r\n'));
  t.same([checked.exitCode, checked.errors], [0, []]);
  t.equal(record(checked, 'sshkey')['1'], `${KEY} with words`);
  const single = await check(dir, `${COMPLETE}bootloader --append='rhgb quiet' --timeout 7\n`);
  t.match(record(single, 'bootloader'), { append: 'rhgb quiet', timeout: '7' });
});

t.test('scripts are kept as they are', async (t) => {
  const script =
    '%post --nochroot --log=/root/post.log\necho "unbalanced \\\n# kept\npart /\n%end\n';
  const checked = await check(t.testdir(), `${COMPLETE}${script}`);
  t.same([checked.exitCode, checked.errors], [0, []]);
  t.match(record(checked, 'post'), { nochroot: 'yes', log: '/root/post.log', line: '5' });
});

t.test('a layout by hand', async (t) => {
  const dir = t.testdir();
  const checked = await check(dir, `${MANUAL.join('\n')}\n`, '--disk-size=10240');
  t.same([checked.exitCode, checked.errors], [0, []]);
  t.same(
    checked.plan.filter((line) => /^layout (pool|lv)/.test(line)),
    [
      'layout pool	name=HostPool	size=8688	metadata=32',
      'layout lv	name=root	mount=/	size=3200	fstype=ext4	thin=HostPool	fsoptions=defaults,discard',
      'layout lv	name=var	mount=/var	size=5488	fstype=ext4	thin=HostPool',
    ],
  );
  const small = await check(dir, `${MANUAL.join('\n')}\n`, '--disk-size=5000');
  t.equal(small.exitCode, 1);
  t.match(small.errors, [/ERROR: the partitions need \d+ MiB, and the disk has 5000 MiB/]);
});

t.test('a password does not appear in what is printed', async (t) => {
  const dir = t.testdir();
  const good = await check(dir, `${COMPLETE}rootpw --plaintext "s3cret; rm -rf /"\n`);
  const bad = await check(dir, `${COMPLETE}rootpw --iscrypted "s3cret (x)"\n`);
  t.same([good.exitCode, bad.exitCode], [0, 1]);
  t.notMatch([good.plan, good.notes, bad.errors].flat().join('\n'), 's3cret');
});

/** One wrong line each, in an otherwise complete kickstart, and what is said about it. */
const WRONG: Record<string, readonly [line: string, message: RegExp]> = {
  'unknown command': ['zerombr', /unknown command "zerombr" \(ks\.cfg:5\)$/],
  'unknown option': [
    'network --teamslaves=a',
    /network: unknown option --teamslaves \(ks\.cfg:5\)/,
  ],
  'unknown section': ['%addon x\n%end', /unknown section "%addon" \(ks\.cfg:5\)/],
  include: ['%include /tmp/x', /unknown section "%include"|has no %end/],
  packages: ['%packages\nvim\n%end', /%packages must be empty.*"vim" \(ks\.cfg:6\)/],
  'open section': ['%post\necho', /%post has no %end \(ks\.cfg:5\)/],
  'open quote': ['rootpw "abc', /a quotation mark is not closed/],
  'line continuation': ['network \\\n--hostname=a', /not continued by a backslash/],
  'comment in a word': ['rootpw abc#def', /unquoted # inside a word/],
  'given twice': ['autopart --type=thinp', /autopart: given twice \(first on line 2\)/],
  'two ends': ['poweroff', /already ends with reboot/],
  'plain layout': ['reqpart', /autopart and reqpart exclude each other/],
  'command in a value': ['network --hostname=$(reboot)', /may not contain "\$"/],
  'command behind a value': ['timezone "UTC; rm -rf /"', /may not contain ";"/],
  'way out of a directory': ['timezone ../../etc/passwd', /may not contain "\."/],
  'root in append': ['bootloader --append="root=/dev/sda"', /may not set root=/],
  'expansion in append': ['bootloader --append="a $x"', /--append=.* may not contain "\$"/],
  'number in octal': ['bootloader --timeout=010', /is not a number of seconds/],
  'no address': ['network --bootproto=static --device=eth0 --ip=10.0.0.256', /not an IPv4 address/],
  'static without mask': [
    'network --bootproto=static --device=a --ip=10.0.0.1',
    /--netmask= is missing/,
  ],
  'no key': ['sshkey --username=root hello', /is not a public key/],
  'user with a path': [`sshkey --username=../root "${KEY}"`, /is not a user name/],
  'control character': ['timezone a\u0001b', /control character/],
};

for (const [title, [line, message]] of Object.entries(WRONG)) {
  t.test(`refused: ${title}`, async (t) => {
    const checked = await check(t.testdir(), `${COMPLETE}${line}\n`);
    t.equal(checked.exitCode, 1);
    t.match(checked.errors.join('\n'), message);
  });
}

/** The same for one changed line of a layout by hand. */
const WRONG_LAYOUT: Record<string, readonly [from: RegExp, to: string, message: RegExp]> = {
  'name that is a path': [/--name=root/, '--name=../..', /--name=\.\.\/\.\. may not contain "\/"/],
  'name that is an option': [/--name=root/, '--name=-f', /is not a name LVM accepts/],
  'root outside the pool': [
    /--thin --poolname=HostPool --fsoptions/,
    '--fsoptions',
    /\/ must be a thin/,
  ],
  'pool that is not there': [/--poolname=HostPool --size/, '--poolname=p --size', /no thin pool p/],
  'volume for /etc': [/logvol \/var/, 'logvol /etc', /belongs to the system itself/],
  'mount twice': [/logvol \/var/, 'logvol /', /\/ is given twice/],
  'no boot': [/reqpart --add-boot/, 'reqpart', /there is no \/boot/],
  'no firmware partition': [
    /reqpart --add-boot/,
    'part /boot --size=512',
    /no EFI system partition/,
  ],
  'two disks': [
    /reqpart --add-boot/,
    'reqpart --add-boot\npart /a --size=1 --ondisk=a\npart /b --size=1 --ondisk=b',
    /everything is installed on one disk/,
  ],
};

for (const [title, [from, to, message]] of Object.entries(WRONG_LAYOUT)) {
  t.test(`refused: ${title}`, async (t) => {
    const checked = await check(t.testdir(), `${MANUAL.join('\n').replace(from, to)}\n`);
    t.equal(checked.exitCode, 1);
    t.match(checked.errors.join('\n'), message);
  });
}

t.test('every error of a file is told at once', async (t) => {
  const { errors } = await check(t.testdir(), 'zerombr\nfirewall --disabled\npart none --size=x\n');
  t.equal(errors.length, 4);
});

t.test('what is not a text file, or not there', async (t) => {
  const dir = t.testdir();
  t.match(await check(dir, Buffer.from([1, 0, 2])), { exitCode: 1, errors: [/not a text file/] });
  t.match(await check(dir, ''), { exitCode: 1, errors: [/the file is empty/] });
  const { exitCode } = await execa(CHECK, [join(dir, 'nothing')], { reject: false });
  t.equal(exitCode, 2);
});

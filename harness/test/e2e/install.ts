/** Our own medium, installed as if it were somebody else's: with a good kickstart, and with a bad one. Minutes. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { z } from 'zod';
import { hostproof } from '../hostproof.ts';

const MINUTES = 60_000;
t.setTimeout(30 * MINUTES);

const KICKSTART = `text
lang en_US.UTF-8
keyboard us
timezone --utc Etc/UTC
network --bootproto=dhcp
rootpw --plaintext only-for-this-test
clearpart --all --initlabel
bootloader --append="console=ttyS0,115200" --timeout=3
autopart --type=thinp
liveimg --url=file:///run/install/repo/LiveOS/squashfs.img
poweroff

%post --erroronfail
imgbase layout --init
%end
`;

const work = await mkdtemp(join(tmpdir(), 'hostproof-install-'));
t.teardown(() => rm(work, { recursive: true, force: true }));
const built = await hostproof(['image', 'build', '1.0', '--json'], { limitMs: 15 * MINUTES });
const [image] = z
  .array(z.object({ iso: z.object({ path: z.string(), sha256: z.string() }) }))
  .parse(JSON.parse(built.stdout));
const iso = image?.iso ?? { path: '', sha256: '' };

async function install(
  name: string,
  kickstart: string,
): Promise<{ status: number | undefined; said: string; console: string; files: string[] }> {
  const ks = join(work, `${name}.cfg`);
  const out = join(work, name);
  await writeFile(ks, kickstart);
  const ran = await hostproof(
    [
      ...['install', '--iso', iso.path, '--sha256', iso.sha256, '--ks', ks],
      ...['--disk', '10G', '--memory', '1G', '--cpus', '1', '--out', out],
    ],
    { limitMs: 15 * MINUTES },
  );
  const files = (await readdir(out, { recursive: true })).map((file) => join(out, file));
  const logs = files.filter((file) => file.endsWith('console.log'));
  const texts = await Promise.all(logs.map((log) => readFile(log, 'utf8')));
  return { status: ran.status, said: ran.stdout + ran.stderr, console: texts.join(''), files };
}

t.test(
  'a kickstart with an unknown command: stopped at once, exit 1, the line is named, the disk untouched',
  async (t) => {
    const ran = await install(
      'bad',
      KICKSTART.replace('poweroff', 'poweroff\nformat-everything --now'),
    );
    t.equal(ran.status, 1, ran.said);
    t.match(ran.said, /the installer gave up/);
    t.match(ran.said, /format-everything/);
    t.match(ran.console, /ks\.cfg:12/);
    t.match(ran.console, /nothing was written to any disk/);
    const disk = ran.files.find((file) => file.endsWith('disk0.qcow2')) ?? 'no disk was kept';
    const { stdout } = await execa('qemu-img', ['map', '--output=json', disk]);
    const extents = z.array(z.object({ data: z.boolean() })).parse(JSON.parse(stdout));
    t.same(
      extents.filter(({ data }) => data),
      [],
      'and that is true',
    );
  },
);

t.test('a good kickstart: installed, and the result starts', async (t) => {
  const ran = await install('good', KICKSTART);
  t.equal(ran.status, 0, ran.said);
  t.match(ran.said, /2\. boot done/);
  t.match(ran.console, /Command line: .*root=\/dev\/onn\/reference-node-1\.0-1\+1/);
});

/** The menu that is made of boot entries, in both layouts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const guest = join(import.meta.dirname, '../guest');
const directory = await mkdtemp(join(tmpdir(), 'hostproof-menus-'));
t.teardown(() => rm(directory, { recursive: true, force: true }));

const program = join(guest, 'tree/usr/libexec/reference-node/menu.awk');

/** The menu of these entries, the first of which is the default: by name, the arguments of their kernels. */
async function menuOf(
  entries: Readonly<Record<string, string>>,
  ...settings: readonly string[]
): Promise<string> {
  const files = Object.entries(entries).map(async ([id, options]) => {
    const file = join(directory, `${id}.conf`);
    await writeFile(file, `title ${id}\nlinux /k\ninitrd /i\noptions ${options}\n`);
    return file;
  });
  const common = [`default_id=${Object.keys(entries)[0] ?? ''}`, 'timeout=3', 'maker=the test'];
  const options = [...common, ...settings].flatMap((setting) => ['-v', setting]);
  return (await execa('awk', [...options, '-f', program, ...(await Promise.all(files))])).stdout;
}

for (const [layout, names] of [
  ['thin', ['img.bootid=new+1', 'img.bootid=old+1']],
  ['ostree', ['ostree=/ostree/boot.1/os/aaa/0', 'ostree=/ostree/boot.1/os/bbb/0']],
] as const) {
  const [newer, older] = names.map((name) => name.replace(/^img\.bootid=|^.*boot\.1\//, ''));

  void t.test(`${layout}: a start is counted in the entry that is started`, async (t) => {
    const menu = await menuOf({ 'the-new': `rw ${names[0]}`, 'the-old': `rw ${names[1]}` });
    const [head = '', first = '', second = ''] = menu.split(/^menuentry /m);
    t.notMatch(head, 'save_env', 'showing the menu counts nothing');
    for (const [entry, own, other] of [
      [first, newer, older],
      [second, older, newer],
    ] as const) {
      t.match(
        entry,
        `"$boot_counted $boot_tries" = "${own ?? ''} 2" ]; then\n    set boot_tries=1\n`,
      );
      t.match(
        entry,
        `"$boot_counted $boot_tries" = "${own ?? ''} 1" ]; then\n    set boot_tries=0\n`,
      );
      t.notMatch(entry, other ?? '', 'and not those of another');
      t.ok(entry.indexOf('save_env') < entry.indexOf('linux '), 'before the kernel is loaded');
    }
  });

  void t.test(
    `${layout}: when all starts are used up, the one before is the default`,
    async (t) => {
      const menu = await menuOf({ 'the-new': `rw ${names[0]}`, 'the-old': `rw ${names[1]}` });
      t.match(menu, /^set default="the-new"$/m);
      t.match(
        menu,
        [
          `if [ "$boot_counted $boot_tries" = "${newer ?? ''} 0" ]; then`,
          `  if [ "$boot_fallback" = "${older ?? ''}" ]; then`,
          '    set default="the-old"',
          '  fi',
          'fi',
        ].join('\n'),
      );
      const alone = await menuOf({ 'the-new': `rw ${names[0]}` });
      t.notMatch(alone, 'boot_fallback', 'there is nothing to go back to');
    },
  );
}

void t.test(
  'a host that is yet to be provisioned is told so by its kernel arguments',
  async (t) => {
    const entries = { 'the-new': 'rw', 'the-old': 'rw' };
    const menu = await menuOf(entries, 'provisions=1');
    t.match(menu, 'if [ -f /ignition.firstboot ]; then set firstboot=ignition.firstboot; fi');
    t.equal(menu.match(/^ {2}linux .* \$firstboot$/gm)?.length, 2, 'whichever entry is started');
    t.notMatch(await menuOf(entries), 'firstboot', 'other hosts know nothing of it');
  },
);

void t.test('a quote that is never closed does not swallow the rest of the menu', async (t) => {
  const menu = await menuOf({ open: 'a="b c', closed: 'a="b;c" d;e' });
  t.match(menu, '  linux /k a=\\"b c\n', 'then it is a character like others');
  t.match(menu, '  linux /k a="b;c" d\\;e\n', 'and a pair of them is one');
});

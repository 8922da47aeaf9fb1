/** The menus of both layouts, as their generators write them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const guest = join(import.meta.dirname, '../guest');
const directory = await mkdtemp(join(tmpdir(), 'hostproof-menus-'));
t.teardown(() => rm(directory, { recursive: true, force: true }));

/** A menu of these entries, the first of which is the default: by name, the arguments of their kernels. */
type Generator = (entries: Readonly<Record<string, string>>) => Promise<string>;

async function files(entries: Readonly<Record<string, string>>): Promise<string[]> {
  return Promise.all(
    Object.entries(entries).map(async ([id, options]) => {
      const file = join(directory, `${id}.conf`);
      await writeFile(file, `title ${id}\nlinux /k\ninitrd /i\noptions ${options}\n`);
      return file;
    }),
  );
}

const thin: Generator = async (entries) => {
  const settings = ['-v', `default_id=${Object.keys(entries)[0] ?? ''}`, '-v', 'timeout=3'];
  const program = join(guest, 'imgbased/lib/menu.awk');
  return (await execa('awk', [...settings, '-f', program, ...(await files(entries))])).stdout;
};

const ostree: Generator = async (entries) => {
  const script = await readFile(
    join(guest, 'ostree/tree/usr/libexec/reference-node/grub-menu'),
    'utf8',
  );
  const program = /\nMENU='\n(.*?\n})'\n/s.exec(script)?.[1] ?? 'no program';
  return (await execa('awk', ['-v', 'timeout=3', program, ...(await files(entries))])).stdout;
};

for (const [layout, generator, names] of [
  ['thin', thin, ['img.bootid=new+1', 'img.bootid=old+1']],
  ['ostree', ostree, ['ostree=/ostree/boot.1/os/aaa/0', 'ostree=/ostree/boot.1/os/bbb/0']],
] as const) {
  const [newer, older] = names.map((name) => name.replace(/^img\.bootid=|^.*boot\.1\//, ''));

  void t.test(`${layout}: a start is counted in the entry that is started`, async (t) => {
    const menu = await generator({ 'the-new': `rw ${names[0]}`, 'the-old': `rw ${names[1]}` });
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
      const menu = await generator({ 'the-new': `rw ${names[0]}`, 'the-old': `rw ${names[1]}` });
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
      const alone = await generator({ 'the-new': `rw ${names[0]}` });
      t.notMatch(alone, 'boot_fallback', 'there is nothing to go back to');
    },
  );
}

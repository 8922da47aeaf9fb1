/** What the thin layout's tool says of a host with boot entries that are not its own. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const guest = join(import.meta.dirname, '../guest');
const directory = await mkdtemp(join(tmpdir(), 'hostproof-info-'));
t.teardown(() => rm(directory, { recursive: true, force: true }));

const LAYER = 'node-1.0-1+1';
const OPTIONS = `rw root=/dev/onn/${LAYER}`;
const VOLUMES = [
  'node-1.0-1|imgbased:base||Vri---tz-k|1|pool00||',
  `${LAYER}|imgbased:layer|node-1.0-1|Vwi-aotz--|1|pool00||`,
].join('\n');

void t.test(
  'an entry without a root, or without arguments, takes no field of another',
  async (t) => {
    const entries = join(directory, 'entries');
    await mkdir(entries);
    const files = {
      [`${LAYER}-6.1`]: `title Own\nlinux /${LAYER}/k\ninitrd /${LAYER}/i\noptions ${OPTIONS}\n`,
      variable: 'title Variable\nlinux /r/k\ninitrd /r/i\noptions rescue $kernelopts\n',
      rescue: 'title Rescue\nlinux /r/k\n',
    };
    const paths = await Promise.all(
      Object.entries(files).map(async ([id, text]) => {
        const path = join(entries, `${id}.conf`);
        await writeFile(path, text);
        return path;
      }),
    );
    const settings = [`default_id=${LAYER}-6.1`, 'timeout=3', 'maker=the test'];
    const maker = join(guest, 'tree/usr/libexec/reference-node/menu.awk');
    const made = await execa('awk', [
      ...settings.flatMap((setting) => ['-v', setting]),
      ...['-f', maker, ...paths],
    ]);
    const menu = join(directory, 'grub.cfg');
    await writeFile(menu, `${made.stdout}\n`);

    const lib = join(guest, 'imgbased/lib');
    const given = ['machine=1', `entries=${entries}`, `current=${LAYER}`];
    const { stdout } = await execa(
      'awk',
      [
        ...given.flatMap((setting) => ['-v', setting]),
        ...['-f', join(lib, 'json.awk'), '-f', join(lib, 'info.awk'), menu, '-'],
      ],
      { input: VOLUMES },
    );
    t.match(JSON.parse(stdout), {
      bootloader: {
        default: 'Own',
        entries: {
          Own: { root: `/dev/onn/${LAYER}`, args: OPTIONS, blsid: `${LAYER}-6.1` },
          Variable: {
            root: '',
            args: 'rescue $kernelopts',
            initrd: '/boot/r/i',
            blsid: 'variable',
          },
          Rescue: { root: '', args: '', blsid: 'rescue' },
        },
      },
      layers: { 'node-1.0-1': [LAYER] },
      current_layer: LAYER,
    });
  },
);

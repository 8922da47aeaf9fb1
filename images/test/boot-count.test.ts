/** How a host counts the starts of a layer on trial, with kernel arguments of the test's own. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const guest = join(import.meta.dirname, '../guest/tree/usr/libexec/reference-node');
const program = join(guest, 'boot-count');
const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount'];
const allowed = await execa('unshare', [...namespace, 'true'], { reject: false });
const skip = allowed.failed ? 'mount namespaces are not allowed here' : false;
const directory = await mkdtemp(join(tmpdir(), 'hostproof-boot-count-'));
t.teardown(() => rm(directory, { recursive: true, force: true }));

type Block = readonly string[];

/** What the environment block holds after this was asked for on a host that runs `old`; null: there was none before. */
async function blockAfter(before: Block | null, ...call: readonly string[]): Promise<Block> {
  const [block, cmdline] = [join(directory, 'grubenv'), join(directory, 'cmdline')];
  await rm(block, { force: true });
  if (before !== null) {
    const text = ['# GRUB Environment Block', ...before, ''].join('\n');
    await writeFile(block, text.padEnd(1024, '#'));
  }
  await writeFile(cmdline, 'root=/dev/x img.bootid=old quiet\n');
  const script = 'mount --bind "$1" /proc/cmdline; shift; exec "$@"';
  const command = ['sh', '-c', script, 'sh', cmdline, 'sh', program, ...call];
  await execa('unshare', [...namespace, ...command], { env: { GRUBENV: block } });
  const text = await readFile(block, 'utf8').catch(() => '');
  t.ok(text === '' || text.length === 1024, 'GRUB rewrites it in place');
  return text.split('\n').filter((line) => line.startsWith('boot_'));
}

const trialOf = (layer: string): Block => [
  ...[`boot_counted=${layer}`, 'boot_tries=2', 'boot_fallback=other'],
];

void t.test('another layer that becomes the default is on trial', { skip }, async (t) => {
  const armed = ['boot_counted=new', 'boot_tries=2', 'boot_fallback=old'];
  t.same(await blockAfter(null, 'default', 'new'), armed);
  t.same(await blockAfter(trialOf('another'), 'default', 'new'), armed);
  t.same(await blockAfter(null, 'default', 'old'), [], 'what runs has proven itself');
});

void t.test(
  'a count is not taken away before the menu is switched, which a cut may prevent',
  { skip },
  async (t) => {
    t.same(await blockAfter(trialOf('new'), 'default', 'old'), trialOf('new'));
  },
);

void t.test(
  'a start that ends well takes its own count away, and no other',
  { skip },
  async (t) => {
    t.same(await blockAfter(trialOf('old'), 'well'), []);
    t.same(await blockAfter(trialOf('new'), 'well'), trialOf('new'));
  },
);

void t.test('as many starts as GRUB can count', async (t) => {
  const tries = /^TRIES=(\d+)$/m.exec(await readFile(program, 'utf8'))?.[1];
  const menu = await readFile(join(guest, 'menu.awk'), 'utf8');
  t.match(menu, `on_trial(layer, ${tries ?? '?'})`, 'the first start is counted down from there');
});

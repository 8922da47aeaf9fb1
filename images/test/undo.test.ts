/** What the thin layout's engine does when an update fails, and its disk may have. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const lib = join(import.meta.dirname, '../guest/imgbased/lib');
const update = await readFile(join(lib, 'update.sh'), 'utf8');
const UNDO = /^undo\(\) \{$[^]*?^\}$/m.exec(update)?.[0] ?? '';

const HOST = `
lvm_load() { :; }
lv_exists() { :; }
layer_in_menu() { return 1; }
boot_remove_layer() { :; }
lv_remove() { say "removed $1"; }
RUN=/nonexistent MENU=/nonexistent NEW_BASE=base NEW_LAYER=base+1
`;

/** How the engine ends which failed with status 7 on a host that differs so. */
async function undone(differs: string): Promise<readonly [number | undefined, readonly string[]]> {
  const program = `. ${lib}/common.sh\n${UNDO}\n${HOST}\n${differs}\ntrap undo EXIT; exit 7`;
  const { exitCode, stderr } = await execa('sh', ['-c', program], { reject: false });
  return [exitCode, stderr.split('\n').map((line) => line.replace('imgbase: ', ''))];
}

t.test('an update that failed takes away what it has made', async (t) => {
  const end = 'the update failed (exit 7) and has been undone';
  t.same(await undone(''), [7, ['removed base+1', 'removed base', end]]);
});

t.test('of two volumes, one that cannot be removed does not keep the other', async (t) => {
  const [status, words] = await undone(
    'lv_remove() { [ "$1" != base+1 ] || die "no $1"; say "removed $1"; }',
  );
  t.equal(status, 7);
  t.same(words.slice(0, 2), ['error: no base+1', 'removed base']);
});

t.test('an update that failed is not refused because the undoing was', async (t) => {
  const [status, words] = await undone('lvm_load() { refuse "nothing can be read"; }');
  t.same([status, words], [7, ['error: nothing can be read']]);
});

t.test('an update has ended well when its menu is on the disk, and not before', async (t) => {
  const fails = (where: string): string =>
    `sync() { case " $* " in *"${where}"*) return 1 ;; esac; }`;
  const switched = async (host: string): ReturnType<typeof undone> => {
    const directory = t.testdir({ 'grub.cfg.new': '' });
    return undone(`
. ${lib}/boot.sh
boot_settle() { :; }
layer_in_menu() { :; }
MENU=${directory}/grub.cfg ROOT_LV=old+1
${host}
trap undo EXIT
set -e
menu_switch
exit 7`);
  };
  const [status, words] = await switched(':');
  t.match([status, words], [0, [/base\+1 is what boots next, but cleaning up was not finished/]]);
  for (const host of [
    fails('/grub.cfg '),
    'frozen=; boot_settle() { [ -z "$frozen" ] || die no; frozen=1; }',
  ]) {
    const [status, words] = await switched(host);
    t.match([status, words.at(-1)], [1, /base\+1 or old\+1 boots next is not certain/]);
  }
});

t.test(
  'an update that is repeated does not take a menu for settled that the disk has not',
  async (t) => {
    const host = `
lvm_load() { :; }; lv_has_tag() { :; }; lv_exists() { :; }; mountpoint() { :; }
nvr_of_tree() { echo n-1.1-1; }; kernel_of_tree() { echo 6.1; }; default_layer() { echo n-1.1-1+1; }
carry_check() { :; }; collect_old() { :; }
clean_remains() { say 'tags are off'; }
boot_settle() { :; }
RUN=$PWD/run MENU=$PWD/grub.cfg ROOT_LV=n-1.0-1+1
`;
    const parts = ['common', 'lvm', 'boot', 'carry', 'packages', 'space', 'collect'];
    const repeated = async (sync: string): Promise<readonly unknown[]> => {
      const loads = (part: string): string =>
        part === 'collect' ? `${host}${sync}` : `. ${lib}/${part}.sh`;
      const cwd = t.testdir({
        ...{ 'update.sh': update, 'grub.cfg': '' },
        ...Object.fromEntries(parts.map((part) => [`${part}.sh`, loads(part)])),
      });
      const ended = await execa('sh', ['./update.sh', 'file', 'tree'], { cwd, reject: false });
      return [ended.exitCode === 0, ended.stderr];
    };
    t.match(await repeated('sync() { :; }'), [true, /tags are off\n.*is what boots next/]);
    const [isDone, stderr] = await repeated('sync() { return 1; }');
    t.same(
      [isDone, stderr],
      [false, `imgbase: refused: the disk does not take ${t.testdirName}/grub.cfg`],
    );
  },
);

const DISKS = 'printf "  /dev/vda3\\n  /dev/vdb1\\n"';

/** How changes end, and what is said on the way, on a host whose `lvm`, whose `sync` and whose disks are so. */
async function changed(
  lvm: string,
  flush: string,
  { disks = DISKS, changes = 'lvm_change lvremove onn/x' } = {},
): Promise<readonly unknown[]> {
  const host = `
lvm() { if [ "$1" = vgs ]; then ${disks}; else ${lvm}; fi; }
sync() { say "sync $*"; ${flush}; }
VG=onn`;
  const program = `. ${lib}/common.sh; . ${lib}/lvm.sh; ${host}\n${changes}; say then`;
  const { exitCode, stderr } = await execa('sh', ['-c', program], { reject: false });
  return [exitCode, ...stderr.split('\n').map((line) => line.replace('imgbase: ', ''))];
}

t.test('what LVM has written is flushed before anything comes after it', async (t) => {
  const flushed = 'sync /dev/vda3 /dev/vdb1';
  t.same(await changed(':', ':'), [0, flushed, 'then']);
  const error = 'error: what lvm lvremove wrote cannot be flushed';
  t.same(await changed(':', 'return 1'), [1, flushed, error]);
});

t.test(
  'so is what LVM has written before it failed, and why is told by what is no warning',
  async (t) => {
    const lvm = 'printf "  no such volume\\n  WARNING: not backed up\\n"; return 5';
    const told = ['sync /dev/vda3 /dev/vdb1', 'error: lvm lvremove onn/x:   no such volume'];
    t.same(await changed(lvm, ':'), [1, ...told]);
    t.same(await changed(lvm, 'return 1'), [1, ...told]);
  },
);

t.test('which disks LVM writes to is asked once, before the first change', async (t) => {
  const changes = 'lvm_change vgchange onn; lvm() { :; }; lvm_change lvchange onn/x';
  const flushed = 'sync /dev/vda3 /dev/vdb1';
  t.same(await changed(':', ':', { changes }), [0, flushed, flushed, 'then']);
  const nothing = await changed('say changed', ':', { disks: ':' });
  t.same(nothing, [1, 'error: nobody knows what onn lies on']);
});

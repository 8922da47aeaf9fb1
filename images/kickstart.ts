/**
 * The kickstarts that hosts are installed with, and the volume that carries one to the installer. They are written for any
 * installer that follows Anaconda's rules: nothing in them is our installer's own.
 */
import { mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa, ExecaError } from 'execa';
import { HostproofError } from '../harness/domain/errors.ts';
import { OSTREE_REF } from './ostree-stages.ts';

/** A thin volume of its own, beside the one for `/`. */
export interface KickstartVolume {
  readonly mount: string;
  readonly name: string;
  readonly sizeMiB: number;
}

interface CommonOptions {
  /** Further kernel arguments of the installed host. */
  readonly append: string;
  /** Seconds that the boot menu waits. */
  readonly timeoutS: number;
  readonly finish: 'poweroff' | 'reboot';
  /** File system of `/boot`: ext4 unless said. */
  readonly boot?: 'ext4' | 'xfs';
}

export interface KickstartOptions extends CommonOptions {
  /** Public key that root is reached with: one line, as in `authorized_keys`. */
  readonly sshKey: string;
  /** Where the image is: `file://` or `http://`; by default the installation medium's own. */
  readonly liveimgUrl?: string;
  /** The disk to install on; by default the installer chooses. */
  readonly disk?: string;
  /**
   * Volumes instead of the ones the installer chooses by itself. The pool takes what is left on the disk, but for
   * `poolReservePercent` of the volume group.
   */
  readonly volumes?: readonly [root: KickstartVolume, ...others: KickstartVolume[]];
  /** Of `volumes`; `onn` unless said. */
  readonly volumeGroup?: string;
  readonly poolReservePercent?: number;
}

/** The image on the installation medium, as the installer mounts it. */
const MEDIUM_IMAGE = 'file:///run/install/repo/LiveOS/squashfs.img';

/** The repository on the installation medium. */
const MEDIUM_REPOSITORY = 'file:///run/install/repo/ostree/repo';

/** The operating system's name on an ostree host, and the name of the remote that it follows. */
const OSTREE_OS = 'reference-node';

/**
 * For a host of the thin layout.
 *
 * @throws HostproofError `usage/kickstart` for a value that a kickstart cannot hold
 */
export function kickstart(options: KickstartOptions): string {
  const { disk, finish, liveimgUrl = MEDIUM_IMAGE, sshKey } = options;
  const drives = disk === undefined ? '' : ` --drives=${word(disk)}`;
  return [
    ...LOCALE,
    `sshkey --username=root ${quoted(sshKey.trim())}`,
    `clearpart --all --initlabel --disklabel=gpt${drives}`,
    bootloader(options),
    ...partitioning(options),
    `liveimg --url=${quoted(liveimgUrl)}`,
    finish,
    '',
    '%post --erroronfail',
    'imgbase layout --init',
    '%end',
    '',
  ].join('\n');
}

/** For a host of the ostree layout, which is provisioned when it first starts: see `ignition.ts`. */
export function ostreeKickstart(options: CommonOptions): string {
  return [
    ...LOCALE,
    'clearpart --all --initlabel --disklabel=gpt',
    bootloader(options),
    ...bootPartition(options),
    'part / --fstype=ext4 --size=4096 --grow',
    `ostreesetup --nogpg --osname=${OSTREE_OS} --remote=${OSTREE_OS} --url=${quoted(MEDIUM_REPOSITORY)} --ref=${OSTREE_REF}`,
    options.finish,
    '',
  ].join('\n');
}

const LOCALE = [
  'lang en_US.UTF-8',
  'keyboard us',
  'timezone --utc Etc/UTC',
  'text',
  'network --bootproto=dhcp',
  'rootpw --lock',
];

function bootloader({ append, timeoutS }: CommonOptions): string {
  const appendOption = append === '' ? '' : ` --append=${quoted(append)}`;
  return `bootloader --timeout=${timeoutS}${appendOption}`;
}

/** As `reqpart --add-boot` would make it, but for the file system. */
function bootPartition({ boot = 'ext4' }: CommonOptions): string[] {
  if (boot === 'ext4') return ['reqpart --add-boot'];
  return ['reqpart', `part /boot --fstype=${boot} --size=1024`];
}

function partitioning(options: KickstartOptions): string[] {
  const { volumes, poolReservePercent = 4, disk } = options;
  const group = word(options.volumeGroup ?? 'onn');
  if (volumes === undefined) return ['autopart --type=thinp'];
  const onDisk = disk === undefined ? '' : ` --ondisk=${word(disk)}`;
  return [
    ...bootPartition(options),
    `part pv.01 --size=4096 --grow${onDisk}`,
    `volgroup ${group} pv.01 --reserved-percent=${poolReservePercent}`,
    `logvol none --vgname=${group} --name=pool00 --thinpool --size=2048 --grow`,
    ...volumes.map(
      ({ mount, name, sizeMiB }) =>
        `logvol ${word(mount)} --vgname=${group} --name=${word(name)} --thin --poolname=pool00 --fstype=ext4 --size=${sizeMiB}`,
    ),
  ];
}

/** One word of a kickstart in double quotes, with the two characters escaped that mean something there. */
function quoted(value: string): string {
  if (/\p{Cc}/u.test(value)) {
    throw new HostproofError('usage/kickstart', `control character in ${JSON.stringify(value)}`);
  }
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function word(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : quoted(value);
}

/** Everything in the volume bears this time, so that the same kickstart makes the same bytes. */
const VOLUME_TIME = new Date('2024-01-01T00:00:00Z');
const VOLUME_BYTES = 1024 * 1024;

/**
 * Writes a disk image with the volume label OEMDRV and the kickstart as `/ks.cfg`: where an installer looks when it is
 * told nothing else. The file appears whole or not at all.
 *
 * @throws HostproofError `env/missing-tool` without dosfstools or mtools
 */
export async function writeOemdrv(file: string, text: string): Promise<void> {
  const work = await mkdtemp(join(dirname(file), '.oemdrv-'));
  try {
    const source = join(work, 'ks.cfg');
    const image = join(work, 'oemdrv.img');
    await writeFile(source, text);
    await utimes(source, VOLUME_TIME, VOLUME_TIME);
    await writeFile(image, '');
    await truncate(image, VOLUME_BYTES);
    await tool('mkfs.vfat', ['--invariant', '-n', 'OEMDRV', image]);
    await tool('mcopy', ['-m', '-i', image, source, '::ks.cfg']);
    await rename(image, file);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function tool(name: string, args: readonly string[]): Promise<void> {
  try {
    // mkfs.vfat lives in a directory that is not on everybody's path.
    const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
    const epoch = String(VOLUME_TIME.getTime() / 1000);
    await execa(name, args, {
      env: { PATH, TZ: 'UTC', SOURCE_DATE_EPOCH: epoch },
      stdin: 'ignore',
    });
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    const code = error.code === 'ENOENT' ? 'env/missing-tool' : 'env/io';
    throw new HostproofError(code, `${name}: ${error.shortMessage}`, { cause: error });
  }
}

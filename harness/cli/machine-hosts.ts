/** Hosts on virtual machines for a run. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, buildPackage, listImages, type ImageListing } from '../../images/builder.ts';
import { catalogueFacts } from '../../images/facts.ts';
import { IGNITION_FW_CFG, ignitionConfig } from '../../images/ignition.ts';
import {
  kickstart,
  ostreeKickstart,
  writeOemdrv,
  type KickstartOptions,
} from '../../images/kickstart.ts';
import { diskServers } from '../../qemu/disk-servers.ts';
import { QemuHypervisor } from '../../qemu/hypervisor.ts';
import { cacheDir } from '../adapters/cache-dir.ts';
import { systemClock } from '../adapters/clock.ts';
import { files } from '../adapters/files.ts';
import { controlKey } from '../adapters/keys.ts';
import { rpmRepository } from '../adapters/rpm-repository.ts';
import { measuredSlowness } from '../adapters/speed.ts';
import { connectShell } from '../adapters/ssh.ts';
import { updateRepository } from '../adapters/update-repository.ts';
import {
  PACKAGE_NAMES,
  type BuiltImage,
  type LayoutId,
  type PackageName,
} from '../domain/image.ts';
import type { Storage } from '../domain/variant.ts';
import ostree from '../layouts/ostree.ts';
import thin from '../layouts/thin.ts';
import type { Job } from '../domain/plan.ts';
import type { Images } from '../ports/images.ts';
import { HostproofError } from '../domain/errors.ts';
import { imageDisk } from '../run/image-disk.ts';
import { machineHost, type MachineHostOptions } from '../run/machine-host.ts';
import { ServedDisk } from '../run/served-disk.ts';
import type { HostFactory } from './hosts.ts';
import { guestScripts, platformIdentity } from './identity.ts';
import { say } from './output.ts';
import { pause } from './pause.ts';

const DISK_BYTES = 10 * 2 ** 30;
/**
 * What an administrator might have chosen, and must find again after every upgrade. The last two spare an emulated machine
 * work that only a machine with neighbours needs.
 */
const KERNEL_ARGUMENTS = 'console=ttyS0,115200 mitigations=off init_on_alloc=0';
/** Seconds that the boot menu waits: a person, or the harness, can stop it. */
const MENU_TIMEOUT_S = 3;

export async function machineHosts(options: {
  /** Chooses what power cuts make of what was not flushed, where the story does not. */
  readonly seed: number;
  readonly sha256: (text: string) => string;
  readonly signal: AbortSignal;
}): Promise<HostFactory> {
  const cache = await cacheDir();
  const hypervisor = new QemuHypervisor({ cacheDirectory: cache });
  const [platform, key, facts] = await Promise.all([
    hypervisor.platform(),
    controlKey(cache),
    catalogueFacts(),
  ]);
  const scripts = guestScripts();
  const identity = await platformIdentity(platform, scripts, options.sha256);
  const builtFor = builder(cache, options.signal);
  const guestScript = (path: string): string => {
    const text = scripts.get(path);
    if (text !== undefined) return text;
    throw new HostproofError('harness/internal', `${path} is not among the scripts for guests`);
  };
  return {
    platform: { ...platform },
    speed: measuredSlowness(),
    images: facts,
    identity: (job) => ({
      ...identity,
      ...{ layout: job.layout, firmware: job.firmware, storage: job.storage },
      ...{ memoryMiB: job.memoryMiB, diskBytes: DISK_BYTES, disks: job.disks ?? 'image' },
      // a disk that forgets nothing has no use for it
      seed: job.disks === 'served' ? options.seed : null,
      // what it is provisioned with
      key: options.sha256(key.publicKey),
    }),
    prepare: (jobs) => buildAbsent(cache, jobs, options.signal),
    host: async (job, dir, emit) => {
      const disk =
        job.disks === 'served'
          ? new ServedDisk(dir, { files, servers: diskServers })
          : imageDisk(dir, { files, hypervisor });
      return machineHost({
        job: job.id,
        dir,
        memoryMiB: job.memoryMiB,
        diskBytes: DISK_BYTES,
        seed: options.seed,
        disk,
        hypervisor,
        ...(await ofLayout[job.layout](dir, key.publicKey, job.storage)),
        images: {
          facts: () => facts,
          built: builtFor(job),
          package: (name, onProgress) =>
            buildPackage(name, {
              ...{ cacheDir: cache, layout: job.layout, onProgress, signal: options.signal },
            }),
        },
        volumes: { write: writeOemdrv },
        files,
        connect: (to) => connectShell({ ...to, privateKey: key.privateKey, clock: systemClock }),
        clock: systemClock,
        guestScript,
        emit,
      });
    },
    keyFile: key.privateKeyFile,
    pause: (host, error) => pause(host, error, key.privateKeyFile, options.signal),
  };
}

/** What each layout has its own way of: operating a host, installing it, and letting the harness in. */
const ofLayout: Readonly<
  Record<
    LayoutId,
    (
      dir: string,
      sshKey: string,
      storage: Storage,
    ) => Promise<Pick<MachineHostOptions, 'layout' | 'updates' | 'kickstart' | 'firmwareFiles'>>
  >
> = {
  thin: (dir, sshKey, storage) =>
    Promise.resolve({
      layout: thin,
      updates: rpmRepository(join(dir, 'repository')),
      kickstart: ({ append, volumeGroup }) =>
        kickstart({ ...common(append), ...thinDisk(storage, volumeGroup), sshKey }),
      firmwareFiles: {},
    }),
  ostree: async (dir, sshKey, storage) => {
    const file = join(dir, 'provision.ign');
    await writeFile(file, ignitionConfig(sshKey));
    return {
      layout: ostree,
      updates: updateRepository(join(dir, 'repository')),
      kickstart: ({ append }) => ostreeKickstart({ ...common(append), boot: BOOT[storage] }),
      firmwareFiles: { [IGNITION_FW_CFG]: file },
    };
  },
};

const BOOT = { 'ext4-boot': 'ext4', 'xfs-boot': 'xfs' } as const;

/** Usually the installer chooses; whoever wants one thing otherwise has to say everything. */
function thinDisk(
  storage: Storage,
  volumeGroup: string | undefined,
): Pick<KickstartOptions, 'boot' | 'volumes' | 'volumeGroup'> {
  if (storage === 'ext4-boot' && volumeGroup === undefined) return {};
  return {
    boot: BOOT[storage],
    ...(volumeGroup !== undefined && { volumeGroup }),
    volumes: [
      { mount: '/', name: 'root', sizeMiB: 3072 },
      { mount: '/var', name: 'var', sizeMiB: 2048 },
    ],
  };
}

function common(append: string): Parameters<typeof ostreeKickstart>[0] {
  const all = `${KERNEL_ARGUMENTS} ${append}`.trim();
  return { append: all, timeoutS: MENU_TIMEOUT_S, finish: 'poweroff' };
}

/** Stories have limits, and building from nothing takes longer than any of them. */
async function buildAbsent(
  cacheDirectory: string,
  jobs: readonly Job[],
  signal: AbortSignal,
): Promise<void> {
  const listing = await listImages({ cacheDir: cacheDirectory });
  for (const { name, layout } of listing.filter(
    (image) => image.state !== 'built' && jobs.some((job) => mayUse(job, image)),
  )) {
    const onProgress = (text: string): void => {
      say(`image ${name} (${layout}): ${text}`);
    };
    await buildImage(name, { cacheDir: cacheDirectory, layout, onProgress, signal });
  }
  for (const layout of new Set(jobs.map((job) => job.layout))) {
    for (const name of PACKAGES[layout]) {
      const onProgress = (text: string): void => {
        say(`package ${name} (${layout}): ${text}`);
      };
      await buildPackage(name, { cacheDir: cacheDirectory, layout, onProgress, signal });
    }
  }
}

/** What administrators of hosts can install. */
const PACKAGES: Readonly<Record<LayoutId, readonly PackageName[]>> = {
  thin: PACKAGE_NAMES,
  ostree: ['admin-tool'],
};

function mayUse({ layout, run }: Job, image: ImageListing): boolean {
  const { families = [] } = run.data;
  return layout === image.layout && (image.family === null || families.includes(image.family));
}

/** Each image is built once a run; images that are installed stay as they are, updates carry the defect. */
function builder(
  cacheDirectory: string,
  signal: AbortSignal,
): (job: Pick<Job, 'layout' | 'defect'>) => Images['built'] {
  const built = new Map<string, Promise<BuiltImage>>();
  return ({ layout, ...job }) =>
    (name, purpose, progress) => {
      const defect = purpose === 'update' ? job.defect : undefined;
      const key = `${name} ${layout} ${defect ?? ''}`;
      const pending =
        built.get(key) ??
        buildImage(name, {
          cacheDir: cacheDirectory,
          layout,
          onProgress: progress,
          defect,
          signal,
        });
      built.set(key, pending);
      return pending;
    };
}

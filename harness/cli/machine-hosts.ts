/** Hosts on virtual machines for a run. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, listImages } from '../../images/builder.ts';
import { catalogueFacts } from '../../images/facts.ts';
import { kickstart, writeOemdrv } from '../../images/kickstart.ts';
import { QemuHypervisor } from '../../qemu/hypervisor.ts';
import { cacheDir } from '../adapters/cache-dir.ts';
import { systemClock } from '../adapters/clock.ts';
import { installedStore } from '../adapters/installed-store.ts';
import { controlKey } from '../adapters/keys.ts';
import { measuredSlowness } from '../adapters/speed.ts';
import { connectShell } from '../adapters/ssh.ts';
import thin from '../layouts/thin.ts';
import type { BuiltImage } from '../domain/image.ts';
import type { Images } from '../ports/images.ts';
import { Installer } from '../run/installing.ts';
import { MachineHost } from '../run/machine-host.ts';
import type { HostFactory } from './hosts.ts';
import { ROOT } from './load.ts';
import { say } from './output.ts';
import { pause } from './pause.ts';

const DISK_BYTES = 10 * 2 ** 30;
const MEMORY_MIB = 1024;
/**
 * What an administrator might have chosen, and must find again after every upgrade. The last two spare an emulated machine
 * work that only a machine with neighbours needs.
 */
const KERNEL_ARGUMENTS = 'console=ttyS0,115200 mitigations=off init_on_alloc=0';
/** Seconds that the boot menu waits: a person, or the harness, can stop it. */
const MENU_TIMEOUT_S = 3;

export async function machineHosts(options: {
  /** A planted defect: in the engine that every update carries. */
  readonly defect: string | undefined;
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
  const installed = installedStore(join(cache, 'installed'), hypervisor);
  const volumes = { write: writeOemdrv };
  const installer = new Installer({ hypervisor, installed, volumes, clock: systemClock });
  const images: Images = { facts: () => facts, built: builder(cache, options) };
  const guestScript = (path: string): string =>
    readFileSync(join(ROOT, 'images/guest', path), 'utf8');
  const identity = {
    qemu: platform.build,
    firmware: createHash('sha256')
      .update(await readFile(platform.firmware))
      .digest('hex'),
  };
  return {
    platform: { ...platform },
    speed: measuredSlowness(),
    images: facts,
    prepare: () => buildAbsent(cache, options.signal),
    host: (job, dir, emit) =>
      Promise.resolve(
        new MachineHost({
          job: job.id,
          dir,
          memoryMiB: job.run.data.memoryMiB ?? MEMORY_MIB,
          diskBytes: DISK_BYTES,
          hypervisor,
          platform: identity,
          layout: thin,
          images,
          installer,
          installed,
          kickstart: ({ append }) =>
            kickstart({
              sshKey: key.publicKey,
              append: `${KERNEL_ARGUMENTS} ${append}`.trim(),
              timeoutS: MENU_TIMEOUT_S,
              finish: 'poweroff',
            }),
          connect: (to) => connectShell({ ...to, privateKey: key.privateKey, clock: systemClock }),
          clock: systemClock,
          guestScript,
          sha256: options.sha256,
          emit,
        }),
      ),
    pause: (host, error) => pause(host, error, key.privateKeyFile, options.signal),
  };
}

/** Stories have limits, and building from nothing takes longer than any of them. */
async function buildAbsent(cacheDirectory: string, signal: AbortSignal): Promise<void> {
  const listing = await listImages({ cacheDir: cacheDirectory });
  for (const { name } of listing.filter(({ state }) => state !== 'built')) {
    const onProgress = (text: string): void => {
      say(`image ${name}: ${text}`);
    };
    await buildImage(name, { cacheDir: cacheDirectory, onProgress, signal });
  }
}

/** Each image is built once a run; images that are installed stay as they are, updates carry the defect. */
function builder(
  cacheDirectory: string,
  options: { readonly defect: string | undefined; readonly signal: AbortSignal },
): Images['built'] {
  const built = new Map<string, Promise<BuiltImage>>();
  return (name, purpose, progress) => {
    const defect = purpose === 'update' ? options.defect : undefined;
    const key = `${name} ${defect ?? ''}`;
    const pending =
      built.get(key) ??
      buildImage(name, {
        cacheDir: cacheDirectory,
        onProgress: progress,
        defect,
        signal: options.signal,
      });
    built.set(key, pending);
    return pending;
  };
}

/** What the probes of all layouts tell (`images/guest/probe/common.sh`), and what a view has of it. */
import { z } from 'zod';
import type { HostView } from '../../domain/view.ts';
import { accountOf, accountSchema } from './account.ts';

export const text = z.string().max(4096);

/** An entry of the boot menu. */
export const entrySchema = z.object({
  id: text,
  title: text,
  options: text,
  linuxExists: z.boolean(),
  initrdExists: z.boolean(),
});

export const commonProbeSchema = z.object({
  bootId: text,
  cmdline: text,
  osRelease: z.object({ versionId: text }),
  machineId: text,
  /** Of `/boot`, then of the file system that layers are kept on, if it is one. */
  space: z
    .array(z.object({ freeBytes: z.number(), sizeBytes: z.number() }))
    .min(1)
    .max(2),
  hostKeys: z.array(text).max(64),
  users: z.array(accountSchema).max(512),
  failedUnits: z.array(z.object({ unit: text, said: text })).max(512),
  bootDefault: text,
  /** Paths below `/etc`; null: the image brought it, and it is gone. */
  etc: z.array(z.object({ path: text, now: text.nullable() })).max(4096),
  menu: z.object({ file: text, sha256: text }),
});

/** What the layouts' own tools printed. */
export const saidSchema = z.string().max(65536).catch('');

type Common =
  | 'bootId'
  | 'version'
  | 'etc'
  | 'menu'
  | 'kernelArguments'
  | 'machineId'
  | 'hostKeys'
  | 'users'
  | 'failedUnits'
  | 'files';

export function commonView(
  probe: z.infer<typeof commonProbeSchema>,
  files: HostView['files'],
): Pick<HostView, Common> {
  return {
    bootId: probe.bootId,
    version: probe.osRelease.versionId,
    kernelArguments: words(probe.cmdline),
    etc: Object.fromEntries(probe.etc.map(({ path, now }) => [`/etc/${path}`, now])),
    menu: probe.menu,
    machineId: probe.machineId,
    hostKeys: probe.hostKeys,
    users: probe.users.map(accountOf),
    failedUnits: probe.failedUnits,
    files,
  };
}

/** @param layer where the entry leads; `roots` are all that there are */
export function entryView(
  entry: z.infer<typeof entrySchema>,
  layer: string | null,
  roots: readonly { readonly name: string }[],
): HostView['entries'][number] {
  return {
    id: entry.id,
    title: entry.title,
    layer,
    kernelPresent: entry.linuxExists,
    initramfsPresent: entry.initrdExists,
    rootPresent: roots.some(({ name }) => name === layer),
    arguments: words(entry.options),
  };
}

/** The arguments of a kernel's command line. */
export function words(options: string): string[] {
  return options.split(/\s+/).filter((word) => word !== '');
}

export function usedOf(usedBytes: number, sizeBytes: number): HostView['space']['boot'] {
  return { usedMiB: Math.round(usedBytes / 2 ** 20), sizeMiB: Math.round(sizeBytes / 2 ** 20) };
}

/** What is used of the file system with that number in the probe's list; nothing, if it is not there. */
export function fileSystemSpace(
  { space }: z.infer<typeof commonProbeSchema>,
  index: number,
): HostView['space']['boot'] {
  const { freeBytes = 0, sizeBytes = 0 } = space[index] ?? {};
  return usedOf(sizeBytes - freeBytes, sizeBytes);
}

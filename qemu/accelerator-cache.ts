/** Remembers QEMU's version and which accelerator works, for as long as nothing that decides it has changed. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { z } from 'zod';

import { canonical } from '../harness/domain/json.ts';
import { probeAccelerator, type AcceleratorVerdict, type Probe } from './accelerator.ts';
import { qemuVersion, type QemuBuild } from './version.ts';

const recordSchema = z.object({
  key: z.string(),
  version: z.string(),
  verdict: z.object({
    kind: z.enum(['kvm', 'tcg']),
    cpuModel: z.string(),
    reason: z.string(),
  }),
});

export interface Proven {
  /** For example `7.2.22 (Debian 1:7.2+dfsg-7)`. */
  readonly version: string;
  readonly verdict: AcceleratorVerdict;
}

/**
 * What is remembered, or found out now by asking QEMU and by running a guest.
 *
 * The key is QEMU's build, the boot of this machine's kernel, and who may open `/dev/kvm`.
 */
export async function cachedAccelerator(
  cacheFile: string,
  build: QemuBuild,
  probe: Probe,
): Promise<Proven> {
  const key = canonical({ build, bootId: await bootId(), kvm: await kvmDevice(), uid: userId() });
  const remembered = await readRecord(cacheFile);
  if (remembered?.key === key) return remembered;
  const version = await qemuVersion(build);
  const verdict = await probeAccelerator(probe);
  await mkdir(dirname(cacheFile), { recursive: true });
  // Several runs may do this at once; each writes its own file, and the last rename wins with an equal verdict.
  const unfinished = `${cacheFile}.${String(process.pid)}`;
  await writeFile(unfinished, JSON.stringify({ key, version, verdict }));
  await rename(unfinished, cacheFile);
  return { version, verdict };
}

async function readRecord(file: string): Promise<z.infer<typeof recordSchema> | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // Absent, or not written by this version: the probe tells.
    return undefined;
  }
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

async function kvmDevice(): Promise<string> {
  return stat('/dev/kvm').then(
    ({ mode, uid, gid, rdev, ctimeMs }) => canonical({ mode, uid, gid, rdev, ctimeMs }),
    () => 'absent',
  );
}

function userId(): number {
  return process.getuid?.() ?? -1;
}

/** Scripts in a mount namespace of their own, where file systems can be as full as a test needs. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { leavingNothing, newDirectory } from './machines.ts';

const namespace = process.getuid?.() === 0 ? ['-m'] : ['-r', '-m'];
const allowed = await execa('unshare', [...namespace, 'true'], { reject: false });

/** For tests that need one: why they cannot run, or false. */
export const skip = allowed.failed ? 'mount namespaces are not allowed here' : false;

/** @param script its URL; its argument is an empty directory, on which it may mount */
export async function runInNamespace(script: string): Promise<{
  readonly stdout: string;
  readonly stderr: string;
  readonly mountPoint: string;
}> {
  const directory = newDirectory();
  const mountPoint = join(directory, 'mnt');
  await mkdir(mountPoint);
  const command = [
    ...namespace,
    process.execPath,
    '--import',
    'tsx',
    fileURLToPath(script),
    mountPoint,
  ];
  const { stdout, stderr } = await execa('unshare', command, {
    ...{ reject: false, timeout: 60_000 },
    env: leavingNothing(directory),
  });
  return { stdout, stderr, mountPoint };
}

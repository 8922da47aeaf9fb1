/** Runs the real command line in tests. */
import { execa } from 'execa';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../cli/hostproof.mjs', import.meta.url));

export interface Ran {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param inside a command that runs another one, such as `unshare --mount sh -c 'mount …; exec "$@"' sh` */
export async function hostproof(
  args: readonly string[],
  options: {
    readonly env?: Record<string, string>;
    readonly inside?: readonly string[];
    readonly limitMs?: number;
    /** On standard input, which ends with it. */
    readonly input?: string;
  } = {},
): Promise<Ran> {
  const [command = '', ...rest] = [...(options.inside ?? []), process.execPath, BIN, ...args];
  const ran = await execa(command, rest, {
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    env: { NO_COLOR: '1', ...options.env },
    timeout: options.limitMs ?? 60_000,
  });
  return { status: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr };
}

/** A medium that there is nothing on but the mark of its file system. */
export async function writeBlankMedium(path: string): Promise<void> {
  const bytes = Buffer.alloc(2 ** 20);
  bytes.write('CD001', 32_769);
  await writeFile(path, bytes);
}

/** Runs a command in a mount namespace in which this shell text was carried out first. Needs root. */
export function inMountNamespace(script: string): string[] {
  return ['unshare', '--mount', 'sh', '-ec', `${script}; exec "$@"`, 'sh'];
}

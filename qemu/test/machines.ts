/** Tiny machines for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

import type { MachineDescription } from '../description.ts';
import { startMachine } from '../start.ts';
import type { QemuMachine } from '../machine.ts';
import type { SerialConsole } from '../serial/console.ts';
import { findQemu, requireProgram } from '../version.ts';
import { GREETING, writeGuestDisk } from './guest.ts';

/** Gone when the test file has come to its end. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hostproof-test-'));
  t.teardown(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Boots the test guest from a disk of its own in `directory`, and waits for its greeting. */
export async function startGuest(
  directory: string,
  changes: Partial<Omit<MachineDescription, 'sockets'>> = {},
): Promise<QemuMachine> {
  const file = join(directory, 'disk.raw');
  await writeGuestDisk(file);
  const machine = await startMachine({
    directory,
    qemuBinary: (await findQemu()).binary,
    setprivBinary: await requireProgram('setpriv', 'util-linux'),
    machine: {
      name: 'tiny',
      accelerator: { kind: 'tcg', cpuModel: 'Nehalem' },
      memoryMiB: 32,
      cpus: 1,
      firmware: { kind: 'bios' },
      disks: [{ id: 'system', file, format: 'raw', bootIndex: 0 }],
      ...changes,
    },
  });
  await seen(machine.console, GREETING);
  return machine;
}

/** Resolves when the last lines of the console, the unfinished one included, have this text. */
export async function seen(console: SerialConsole, text: string): Promise<void> {
  const isThere = (): boolean => console.tail(20).some((line) => line.includes(text));
  if (isThere()) return;
  await new Promise<void>((resolve) => {
    const stop = console.onOutput(() => {
      if (!isThere()) return;
      stop();
      resolve();
    });
  });
}

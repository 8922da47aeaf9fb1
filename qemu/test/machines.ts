/** Tiny machines for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

import { systemClock } from '../../harness/adapters/clock.ts';
import { files } from '../../harness/adapters/files.ts';
import type { MachineConsole } from '../../harness/ports/console.ts';
import type { DiskSpec, Hypervisor } from '../../harness/ports/machine.ts';
import { Wear } from '../../harness/run/wear.ts';
import type { MachineDescription } from '../description.ts';
import { startMachine, type StartOptions } from '../start.ts';
import type { QemuMachine } from '../machine.ts';
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

/** Environment of a process that is not a test, or that is killed: what it leaves is gone with the directory. */
export function leavingNothing(directory: string): { readonly TMPDIR: string } {
  return { TMPDIR: directory };
}

/** The hardware of a host whose disk stays where it is. */
export function wearOn(spec: DiskSpec, hypervisor: Hypervisor): Wear {
  return new Wear({
    ...{ hypervisor, files, clock: systemClock, diskBytes: 0 },
    disk: {
      ...{ spec, second: null },
      moveOver: () => Promise.reject(new Error('its disk stays where it is')),
    },
  });
}

/** Boots the test guest from a disk of its own in `directory`, and waits for its greeting. */
export async function startGuest(
  directory: string,
  changes: Partial<StartOptions['machine']> = {},
): Promise<QemuMachine> {
  const file = join(directory, 'disk.raw');
  await writeGuestDisk(file);
  const machine = await resumeGuest(directory, { disks: [diskOf(file)], ...changes });
  await seen(machine.console, GREETING);
  return machine;
}

/** Starts the machine of the test guest on the disks that `changes` names; from `stateFile`, if there is one. */
export async function resumeGuest(
  directory: string,
  changes: Partial<StartOptions['machine']> & Pick<MachineDescription, 'disks'>,
  stateFile?: string,
): Promise<QemuMachine> {
  return startMachine({
    directory,
    ...(stateFile === undefined ? {} : { stateFile }),
    qemuBinary: (await findQemu()).binary,
    setprivBinary: await requireProgram('setpriv', 'util-linux'),
    machine: {
      name: 'tiny',
      accelerator: { kind: 'tcg', cpuModel: 'Nehalem' },
      memoryMiB: 32,
      cpus: 1,
      firmware: { kind: 'bios' },
      ...changes,
    },
  });
}

export function diskOf(
  file: string,
  format: 'raw' | 'qcow2' = 'raw',
): MachineDescription['disks'][number] {
  return { id: 'system', file, format, bootIndex: 0 };
}

/** Resolves when the last lines of the console, the unfinished one included, have this text. */
export function seen(console: Told, text: string): Promise<void> {
  return told(console, (lines) => lines.some((line) => line.includes(text)));
}

/**
 * The firmware's shell has taken a key instead of looking for a script, or the last command, and is ready for the next: what is typed
 * before is lost when a command connects the console anew.
 */
export function prompted(console: Told): Promise<void> {
  return told(console, (lines) => lines.at(-1)?.trim() === 'Shell>');
}

type Told = Pick<MachineConsole, 'tail' | 'onOutput'>;

async function told(console: Told, isTrue: (lines: readonly string[]) => boolean): Promise<void> {
  const isThere = (): boolean => isTrue(console.tail(20));
  if (isThere()) return;
  await new Promise<void>((resolve) => {
    const stop = console.onOutput(() => {
      if (!isThere()) return;
      stop();
      resolve();
    });
  });
}

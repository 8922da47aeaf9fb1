/** UEFI firmware on this machine, and each machine's own variables. */
import { createHash } from 'node:crypto';
import {
  access,
  copyFile,
  constants,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { HostproofError, isDiskFull } from '../harness/domain/errors.ts';
import type { BootOrderChange } from '../harness/domain/fault.ts';
import { ownEntryLast } from './boot-order.ts';

export interface Firmware {
  readonly codeFile: string;
  /** Variables as they leave the factory; copied for each machine. */
  readonly varsTemplate: string;
  readonly secureBoot: boolean;
}

/** Where QEMU's packages describe firmware (QEMU's docs/interop/firmware.json); earlier directories win. */
const DESCRIPTOR_DIRECTORIES = ['/etc/qemu/firmware', '/usr/share/qemu/firmware'];

/** Where distributions put OVMF with 4 MiB flash, without Secure Boot keys. */
const WELL_KNOWN: readonly Firmware[] = [
  ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'],
  ['/usr/share/edk2/ovmf/OVMF_CODE_4M.fd', '/usr/share/edk2/ovmf/OVMF_VARS_4M.fd'],
  ['/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'],
  ['/usr/share/edk2-ovmf/x64/OVMF_CODE.4m.fd', '/usr/share/edk2-ovmf/x64/OVMF_VARS.4m.fd'],
  ['/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'],
].map(([codeFile = '', varsTemplate = '']) => ({ codeFile, varsTemplate, secureBoot: false }));

const descriptorSchema = z.object({
  'interface-types': z.array(z.string()),
  mapping: z.object({
    device: z.literal('flash'),
    executable: z.object({ filename: z.string(), format: z.literal('raw') }),
    'nvram-template': z.object({ filename: z.string(), format: z.literal('raw') }),
  }),
  targets: z.array(z.object({ architecture: z.string(), machines: z.array(z.string()) })),
  features: z.array(z.string()),
});

/**
 * The firmware for q35 machines: a well-known file if there is one, else what QEMU's descriptors name, those
 * without Secure Boot first.
 *
 * @throws HostproofError `env/no-firmware` with the places that were looked at
 */
export async function findFirmware(
  wellKnown: readonly Firmware[] = WELL_KNOWN,
  descriptorDirectories: readonly string[] = DESCRIPTOR_DIRECTORIES,
): Promise<Firmware> {
  for (const firmware of wellKnown) if (await isThere(firmware)) return firmware;
  const described = await describedFirmware(descriptorDirectories);
  const [first] = described.sort((a, b) => Number(a.secureBoot) - Number(b.secureBoot));
  if (first !== undefined) return first;
  const places = [...wellKnown.map(({ codeFile }) => codeFile), ...descriptorDirectories];
  throw new HostproofError(
    'env/no-firmware',
    `no UEFI firmware with its variables in any of: ${places.join(', ')}`,
  );
}

/** Every usable firmware that the descriptors name, in their order. */
export async function describedFirmware(directories: readonly string[]): Promise<Firmware[]> {
  const found: Firmware[] = [];
  for (const directory of directories) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((name) => name.endsWith('.json')).sort()) {
      const firmware = parseDescriptor(await readFile(join(directory, name), 'utf8'));
      if (firmware !== undefined && (await isThere(firmware))) found.push(firmware);
    }
  }
  return found;
}

/** Undefined for firmware that is not for us: another architecture, BIOS, no flash, or not JSON at all. */
export function parseDescriptor(text: string): Firmware | undefined {
  const parsed = descriptorSchema.safeParse(jsonOrUndefined(text));
  if (!parsed.success) return undefined;
  const { 'interface-types': interfaces, mapping, targets, features } = parsed.data;
  const fits = targets.some(
    ({ architecture, machines }) =>
      architecture === 'x86_64' && machines.some((machine) => machine.startsWith('pc-q35')),
  );
  if (!interfaces.includes('uefi') || !fits) return undefined;
  return {
    codeFile: mapping.executable.filename,
    varsTemplate: mapping['nvram-template'].filename,
    secureBoot: features.includes('secure-boot'),
  };
}

/**
 * Makes this machine's own variables from the template, if it has none yet.
 *
 * @throws HostproofError `env/disk-full`, `env/io`
 */
export async function ensureVariables(file: string, firmware: Firmware): Promise<void> {
  if (await readable(file)) return;
  await put(file, (unfinished) => copyFile(firmware.varsTemplate, unfinished));
}

/**
 * Puts the template in place of this machine's own variables.
 *
 * @returns the SHA-256 of those that are gone; null where they were the template's, or none
 * @throws HostproofError `env/disk-full`, `env/io`
 */
export async function forgetVariables(file: string, firmware: Firmware): Promise<string | null> {
  if (!(await readable(file))) return null;
  const [own, template] = await Promise.all([readFile(file), readFile(firmware.varsTemplate)]);
  if (own.equals(template)) return null;
  await rm(file);
  await ensureVariables(file, firmware);
  return createHash('sha256').update(own).digest('hex');
}

/**
 * Has this machine's own variables name the entries of installed systems behind all others.
 *
 * @returns null if there is nothing to change
 * @throws HostproofError `env/disk-full`, `env/io`
 */
export async function putOwnEntryLast(file: string): Promise<BootOrderChange | null> {
  if (!(await readable(file))) return null;
  const changed = ownEntryLast(await readFile(file));
  if (changed === null) return null;
  await put(file, (unfinished) => writeFile(unfinished, changed.bytes));
  return changed.change;
}

/** Under its name it is there as a whole, or as it was. */
async function put(file: string, make: (unfinished: string) => Promise<void>): Promise<void> {
  const unfinished = `${file}.new`;
  try {
    await make(unfinished);
    await rename(unfinished, file);
  } catch (cause) {
    throw new HostproofError(
      isDiskFull(cause) ? 'env/disk-full' : 'env/io',
      `cannot write the firmware variables to ${file}`,
      { cause },
    );
  }
}

async function isThere({ codeFile, varsTemplate }: Firmware): Promise<boolean> {
  return (await readable(codeFile)) && (await readable(varsTemplate));
}

function readable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What befalls the hardware of a host that is off is what its firmware finds: on real machines, with no system on them. */
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { bootOrderChanged } from '../../harness/faults/boot-order-changed.ts';
import { clockSetBack } from '../../harness/faults/clock-set-back.ts';
import type { MachineSpec, RunningMachine } from '../../harness/ports/machine.ts';
import type { Wear } from '../../harness/run/wear.ts';
import { QemuHypervisor } from '../hypervisor.ts';
import { newDirectory, prompted, wearOn } from './machines.ts';
import { bootEntry, orderOf, OWN_PATH, withVariable } from './variables.ts';

t.setTimeout(300_000);

const dir = newDirectory();
const [disk, variables] = [join(dir, 'disk.raw'), join(dir, 'vars.fd')];
const hypervisor = new QemuHypervisor({ cacheDirectory: dir });
const host = { id: 'disk0', file: disk, format: 'raw', kind: 'disk' } as const;
const worn = (): Wear => wearOn(host, hypervisor);
const spec: MachineSpec = {
  ...{ name: 'empty', dir, memoryMiB: 128, cpus: 1, firmware: 'uefi', variablesFile: variables },
  disks: [{ ...host, bootIndex: 0 }],
  forward: [],
};

/** Resolves with the line of the console that matches. */
function line({ console }: RunningMachine, pattern: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const stop = console.onLine((said) => {
      if (!pattern.test(said)) return;
      stop();
      resolve(said);
    });
  });
}

t.test('a boot order and a clock that were struck', async (t) => {
  await writeFile(disk, '');
  await truncate(disk, 2 ** 22);
  {
    await using machine = await worn().start(spec);
    await line(machine, /UEFI Interactive Shell/);
    await machine.powerCut();
  }
  const firmwares = await readFile(variables);
  const own = withVariable(firmwares, 'Boot0003', bootEntry('own', OWN_PATH));
  await writeFile(variables, withVariable(own, 'BootOrder', orderOf(3, 1, 0, 2)));

  const struck = worn();
  t.match(await struck.strike(bootOrderChanged(), variables), {
    fault: 'boot-order-changed',
    bootOrder: { from: ['0003', '0001', '0000', '0002'], to: ['0001', '0003', '0000', '0002'] },
  });
  const stamp = await struck.strike(clockSetBack({ years: 10 }), variables);
  const year = new Date().getUTCFullYear() - 10;
  t.match(stamp, { clock: { to: new RegExp(`^${year.toString()}-`) } });

  const kept = newDirectory();
  await struck.freeze(kept);
  const later = worn();
  await later.thaw(kept);
  await using machine = await later.start(spec);
  const tried: string[] = [];
  machine.console.onLine((said) => {
    const entry = /BdsDxe: failed to load (Boot\d+)/.exec(said)?.[1];
    if (entry !== undefined) tried.push(entry);
  });
  await line(machine, /UEFI Interactive Shell/);
  t.same(tried, ['Boot0001', 'Boot0003'], 'the firmware follows the order');
  const says = line(machine, /^\d\d\/\d\d\/\d{4}/);
  // the shell waits for a key before it looks for a script
  await machine.console.type('\x1b');
  await prompted(machine.console);
  await machine.console.type('date\r');
  t.match(await says, new RegExp(`^\\d\\d/\\d\\d/${year.toString()}`));
  await machine.powerCut();
});

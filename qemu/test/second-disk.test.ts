/** A disk that becomes a host's second one: what was on it is found there by the firmware, and goes with a frozen host. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { systemClock } from '../../harness/adapters/clock.ts';
import { files } from '../../harness/adapters/files.ts';
import { secondDisk } from '../../harness/faults/second-disk.ts';
import type { HostDisk } from '../../harness/ports/host-disk.ts';
import { imageDisk } from '../../harness/run/image-disk.ts';
import { Wear } from '../../harness/run/wear.ts';
import { QemuHypervisor } from '../hypervisor.ts';
import { writeEspDisk } from './esp-disk.ts';
import { newDirectory, seen } from './machines.ts';

t.setTimeout(300_000);

const DISK_BYTES = 2 ** 22;
const hypervisor = new QemuHypervisor({ cacheDirectory: newDirectory() });

function hostIn(dir: string): { readonly disk: HostDisk; readonly wear: Wear } {
  const on = { files, hypervisor };
  const [disk, second] = [imageDisk(dir, on), imageDisk(dir, on, 'disk1')];
  const wear = new Wear({ ...on, disk, second, diskBytes: DISK_BYTES, clock: systemClock });
  return { disk, wear };
}

/** Where the firmware's shell finds a partition: the place of the disk, and which one it is there. */
async function partition(dir: string, { disk, wear }: ReturnType<typeof hostIn>): Promise<string> {
  await using machine = await wear.start({
    ...{ name: 'two-disks', dir, memoryMiB: 128, cpus: 1, firmware: 'uefi' },
    ...{ variablesFile: join(dir, 'vars.fd'), forward: [] },
    disks: [{ ...disk.spec, bootIndex: 0 }],
  });
  const { console } = machine;
  await seen(console, 'startup.nsh');
  const found = new Promise<string>((resolve) => {
    console.onLine((line) => {
      const place = /PciRoot.*HD\(\d+,GPT/.exec(line)?.[0];
      if (place !== undefined) resolve(place);
    });
  });
  // it waits for a key before it looks for a script; and firmware has looked at the first disk only
  await console.type('\x1b');
  await console.type('connect -r\r');
  await console.type('map -r\r');
  const place = await found;
  await machine.powerCut();
  return place;
}

t.test('the disk is found as the second one, behind an empty one', async (t) => {
  const dir = newDirectory();
  const host = hostIn(dir);
  await host.disk.create(DISK_BYTES);
  t.equal(await host.wear.strike(secondDisk(), ''), null, 'nothing is on it yet');
  const file = join(dir, 'disk0.qcow2');
  await rm(file);
  await execa('qemu-img', ['convert', '-O', 'qcow2', await writeEspDisk(dir), file]);
  const guid = await hypervisor.diskGuid(host.disk.spec);
  t.match(guid, /^[0-9a-f]{32}$/);
  t.same(await host.wear.strike(secondDisk(), ''), { fault: 'second-disk', diskGuid: guid });
  t.equal(await hypervisor.diskGuid(host.disk.spec), null, 'the first is a new one');
  await t.rejects(host.wear.strike(secondDisk(), ''), { code: 'story/misuse' });
  const found = await partition(dir, host);
  t.match(found, /^PciRoot\(0x0\)\/Pci\(0x3,0x0\).*HD\(2,GPT$/);

  const kept = join(dir, 'kept');
  await mkdir(kept);
  await host.disk.freeze(kept, true);
  await host.wear.freeze(kept, true);
  t.same((await readdir(kept)).sort(), ['disk0.qcow2', 'disk1.qcow2', 'wear.json']);
  const elsewhere = newDirectory();
  const again = hostIn(elsewhere);
  await again.disk.thaw(kept);
  await again.wear.thaw(kept);
  t.equal(await partition(elsewhere, again), found);
});

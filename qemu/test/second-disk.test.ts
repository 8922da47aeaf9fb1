/** A disk that becomes a host's second one: what was on it is found there by the firmware, and goes with a frozen host. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../harness/adapters/clock.ts';
import { files } from '../../harness/adapters/files.ts';
import { secondDisk } from '../../harness/faults/second-disk.ts';
import type { HostDisk } from '../../harness/ports/host-disk.ts';
import { imageDisk } from '../../harness/run/image-disk.ts';
import { ServedDisk } from '../../harness/run/served-disk.ts';
import { Wear } from '../../harness/run/wear.ts';
import { diskServers } from '../disk-servers.ts';
import { QemuHypervisor } from '../hypervisor.ts';
import { writeSectors } from '../sectors.ts';
import { writeEspDisk } from './esp-disk.ts';
import { newDirectory, prompted, seen } from './machines.ts';

t.setTimeout(300_000);

/** As big as the disk with an EFI system partition. */
const DISK_BYTES = 66 * 2 ** 20;
const hypervisor = new QemuHypervisor({ cacheDirectory: newDirectory() });

const KINDS: Readonly<Record<string, (dir: string) => HostDisk>> = {
  image: (dir) => imageDisk(dir, { files, hypervisor }),
  served: (dir) => new ServedDisk(dir, { files, servers: diskServers }),
};

function hostIn(dir: string, disk: HostDisk): { readonly disk: HostDisk; readonly wear: Wear } {
  const wear = new Wear({ files, hypervisor, disk, diskBytes: DISK_BYTES, clock: systemClock });
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
  await prompted(console);
  await console.type('connect -r\r');
  await seen(console, 'Connect - Handle');
  await prompted(console);
  await console.type('map -r\r');
  const place = await found;
  await machine.powerCut();
  return place;
}

for (const [kind, diskIn] of Object.entries(KINDS)) {
  t.test(`the disk is found as the second one, behind an empty one: ${kind}`, async (t) => {
    const dir = newDirectory();
    await using disk = diskIn(dir);
    const host = hostIn(dir, disk);
    await disk.create(DISK_BYTES);
    t.equal(await host.wear.strike(secondDisk(), ''), null, 'nothing is on it yet');
    await writeSectors(disk.spec, 0, await readFile(await writeEspDisk(newDirectory())));
    const guid = await hypervisor.diskGuid(disk.spec);
    t.match(guid, /^[0-9a-f]{32}$/);
    t.same(await host.wear.strike(secondDisk(), ''), { fault: 'second-disk', diskGuid: guid });
    t.equal(await hypervisor.diskGuid(disk.spec), null, 'the first is a new one');
    await t.rejects(host.wear.strike(secondDisk(), ''), { code: 'story/misuse' });
    await disk.create(DISK_BYTES);
    t.equal(disk.second && (await hypervisor.diskGuid(disk.second)), guid);
    const found = await partition(dir, host);
    t.match(found, /^PciRoot\(0x0\)\/Pci\(0x3,0x0\).*HD\(2,GPT$/);

    const kept = newDirectory();
    await disk.freeze(kept, true);
    await host.wear.freeze(kept);
    const elsewhere = newDirectory();
    await using again = diskIn(elsewhere);
    const other = hostIn(elsewhere, again);
    await again.thaw(kept);
    await other.wear.thaw(kept);
    t.equal(await partition(elsewhere, other), found);
  });
}

t.test('what has a second disk in its log is made anew once', async (t) => {
  await using disk = new ServedDisk(newDirectory(), { files, servers: diskServers });
  await disk.create(DISK_BYTES);
  await disk.moveOver();
  await disk.create(DISK_BYTES);
  await t.rejects(disk.create(DISK_BYTES), { code: 'story/misuse' });
  const kept = newDirectory();
  await disk.freeze(kept, false);
  await using again = new ServedDisk(newDirectory(), { files, servers: diskServers });
  await again.thaw(kept);
  await t.rejects(again.create(DISK_BYTES), { code: 'story/misuse' });
});

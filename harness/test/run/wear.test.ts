/** What befalls the hardware of a host that is off lasts, and goes with a frozen host. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { files } from '../../adapters/files.ts';
import { clockFaultSchema } from '../../domain/fault.ts';
import { bootOrderChanged } from '../../faults/boot-order-changed.ts';
import { clockSetBack } from '../../faults/clock-set-back.ts';
import { espEmptied, espRestored } from '../../faults/esp-emptied.ts';
import { secondDisk } from '../../faults/second-disk.ts';
import { variablesLost } from '../../faults/variables-lost.ts';
import type {
  DiskSpec,
  Hypervisor,
  MachineSpec,
  RunningMachine,
  TakenSectors,
} from '../../ports/machine.ts';
import { Wear } from '../../run/wear.ts';

const NOW = '2028-02-29T12:00:00.000Z';
const change = { from: ['0001', '0000'], to: ['0000', '0001'] };
const disk = { id: 'disk0', file: 'd', format: 'raw', kind: 'disk', bootIndex: 0 } as const;
const medium = { id: 'medium', file: 'm', format: 'raw', kind: 'cdrom', bootIndex: 0 } as const;

/** What hardware is there at the next start. */
async function started(wear: Wear): Promise<MachineSpec> {
  const spec = { disks: [disk, medium] } as Partial<MachineSpec> as MachineSpec;
  return (await wear.start(spec)) as unknown as MachineSpec;
}

const spec = { id: 'disk0', file: 'd', format: 'qcow2', kind: 'disk' } as const;

interface Found {
  readonly order?: typeof change;
  readonly sha256?: string;
  readonly esp?: TakenSectors;
  readonly putBack?: (taken: TakenSectors) => void;
}

function wearOn(found: Found = {}, on: DiskSpec = spec): Wear {
  const hypervisor = {
    start: (spec) => Promise.resolve(spec as unknown as RunningMachine),
    putOwnEntryLast: () => Promise.resolve(found.order ?? null),
    forgetVariables: () => Promise.resolve(found.sha256 ?? null),
    emptyEsp: () => Promise.resolve(found.esp ?? null),
    putBack: (_disk, taken) => Promise.resolve(found.putBack?.(taken)),
  } as Partial<Hypervisor> as Hypervisor;
  return new Wear({
    ...{ hypervisor, clock: { wallTime: () => new Date(NOW) }, files, diskBytes: 0 },
    disk: {
      ...{ spec: on, second: null },
      moveOver: () => Promise.reject(new Error('its disk stays where it is')),
    },
  });
}

/** Another that goes on from where this one was frozen, and the files of it. */
async function frozen(wear: Wear, to = wearOn()): Promise<{ to: Wear; names: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'hostproof-test-'));
  t.teardown(() => {
    rmSync(directory, { recursive: true });
  });
  await wear.freeze(directory);
  await to.thaw(directory);
  return { to, names: readdirSync(directory) };
}

t.test('hardware that is as new is what the host was given, and has no file', async (t) => {
  const { to, names } = await frozen(wearOn());
  t.same(names, []);
  t.same(await started(to), { disks: [disk, medium] });
});

t.test(
  'a clock that was set back is behind at each start, and further when struck again',
  async (t) => {
    const wear = wearOn();
    t.same(await wear.strike(clockSetBack({ years: 10 }), 'vars'), {
      fault: 'clock-set-back',
      clock: { from: NOW, to: '2018-03-01T12:00:00.000Z' },
    });
    t.same((await started(wear)).hardwareClock, new Date('2018-03-01T12:00:00.000Z'));
    await wear.strike(clockSetBack({ years: 2 }), 'vars');
    const { to } = await frozen(wear);
    const spec = await started(to);
    t.same(spec.hardwareClock, new Date('2016-02-29T12:00:00.000Z'));
    t.same(spec.disks, [disk, medium]);
    // firmware would take the year for an invalid one
    await t.rejects(wear.strike(clockSetBack({ years: 14 }), 'vars'), {
      code: 'story/misuse',
      message: 'the clock would be 26 years behind, and can be 25',
    });
    t.same((await started(wear)).hardwareClock, new Date('2016-02-29T12:00:00.000Z'));
  },
);

t.test('whose boot order was changed has no say about the first disk any more', async (t) => {
  const wear = wearOn({ order: change });
  t.same(await wear.strike(bootOrderChanged(), 'vars'), {
    fault: 'boot-order-changed',
    bootOrder: change,
  });
  const { to } = await frozen(wear);
  const { bootIndex: _, ...rest } = disk;
  t.same(await started(to), { disks: [rest, medium] }, 'a medium is still chosen');
  // what goes on from a host that is as new is as new
  await frozen(wearOn(), to);
  t.same(await started(to), { disks: [disk, medium] });
});

t.test('what was taken from the EFI system partition is given back, once', async (t) => {
  const esp = { offset: 1024, sizeBytes: 3, content: 'RUZJ' };
  const wear = wearOn({ esp });
  const stamp = { offset: 1024, sizeBytes: 3 };
  t.same(await wear.strike(espEmptied(), 'vars'), { fault: 'esp-emptied', esp: stamp });
  t.same(await started(wear), { disks: [disk, medium] });
  const given: TakenSectors[] = [];
  const { to } = await frozen(wear, wearOn({ putBack: (taken) => given.push(taken) }));
  t.same(await to.strike(espRestored(), 'vars'), { fault: 'esp-restored', esp: stamp });
  t.same(given, [esp]);
  t.equal(await to.strike(espRestored(), 'vars'), null, 'there is nothing to give back any more');
  t.same((await frozen(to)).names, [], 'and the hardware is as new');
  wear.reinstalled();
  t.equal(await wear.strike(espRestored(), 'vars'), null, 'another system is on the disk');
});

t.test('where there was nothing to change, nothing has struck', async (t) => {
  const wear = wearOn();
  t.equal(await wear.strike(bootOrderChanged(), 'vars'), null);
  t.equal(await wear.strike(variablesLost(), 'vars'), null);
  t.equal(await wear.strike(espEmptied(), 'vars'), null);
  t.same(await started(wear), { disks: [disk, medium] });
  const forgotten = await wearOn({ sha256: 'ab' }).strike(variablesLost(), 'vars');
  t.same(forgotten, { fault: 'variables-lost', sha256: 'ab' });
});

t.test('a second disk is there at each start but those of an installation', async (t) => {
  const second = { id: 'disk1', file: 'd1', format: 'qcow2', kind: 'disk' } as const;
  const made: number[] = [];
  const hypervisor = {
    start: (spec) => Promise.resolve(spec as unknown as RunningMachine),
    diskGuid: () => Promise.resolve('ab'),
    emptyEsp: () => Promise.resolve({ offset: 1024, sizeBytes: 3, content: 'RUZJ' }),
  } as Partial<Hypervisor> as Hypervisor;
  const wear = new Wear({
    ...{ hypervisor, clock: { wallTime: () => new Date(NOW) }, files, diskBytes: 7 },
    disk: {
      spec,
      get second() {
        return made.length === 0 ? null : second;
      },
      moveOver: (sizeBytes) => {
        made.push(sizeBytes);
        return Promise.resolve();
      },
    },
  });
  await wear.strike(espEmptied(), 'vars');
  t.same((await started(wear)).disks, [disk, medium]);
  t.same(await wear.strike(secondDisk(), 'vars'), { fault: 'second-disk', diskGuid: 'ab' });
  t.equal(await wear.strike(espRestored(), 'vars'), null, 'what was taken is of the other disk');
  t.same(made, [7]);
  const disks = { disks: [disk, medium] } as Partial<MachineSpec> as MachineSpec;
  const installing = (await wear.startToInstall(disks)) as unknown as MachineSpec;
  t.same(installing.disks, [disk, medium]);
  t.same((await started(wear)).disks, [disk, medium, second]);
  await t.rejects(wear.strike(secondDisk(), 'vars'), { code: 'story/misuse' });
});

t.test('only as far back as firmware takes a year for a valid one', (t) => {
  for (const years of [0, -1, 0.5, 26])
    t.notOk(clockFaultSchema.safeParse(clockSetBack({ years })).success, years.toString());
  t.ok(clockFaultSchema.safeParse(clockSetBack({ years: 25 })).success);
  t.end();
});

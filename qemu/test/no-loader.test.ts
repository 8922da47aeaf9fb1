/** A start that finds no loader is told at once, on real firmware; with its loader given back, the disk is as it was. */
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../harness/adapters/clock.ts';
import { files } from '../../harness/adapters/files.ts';
import { espEmptied, espRestored } from '../../harness/faults/esp-emptied.ts';
import type { StepContext } from '../../harness/ports/host.ts';
import { abortable } from '../../harness/run/abortable.ts';
import { Power } from '../../harness/run/power.ts';
import { QemuHypervisor } from '../hypervisor.ts';
import { writeEspDisk } from './esp-disk.ts';
import { newDirectory, wearOn } from './machines.ts';

t.setTimeout(300_000);

const never = new Promise<never>(() => undefined);
const context = {
  signal: new AbortController().signal,
  progress: () => undefined,
  willFreeze: false,
} as unknown as StepContext;

t.test('the EFI system partition of a host is emptied, and given back', async (t) => {
  const dir = newDirectory();
  const variables = join(dir, 'vars.fd');
  const file = await writeEspDisk(dir);
  const spec = { id: 'disk0', file, format: 'raw', kind: 'disk' } as const;
  const cut = async (_seed: number, kill: () => Promise<void>): Promise<null> => {
    await kill();
    return null;
  };
  const disk = { spec, cut, mark: () => Promise.resolve() };
  const hypervisor = new QemuHypervisor({ cacheDirectory: dir });
  const wear = wearOn(spec, hypervisor);
  await using power = new Power({
    machine: {
      ...{ name: 'empty', dir, memoryMiB: 128, cpus: 1, firmware: 'uefi' },
      variablesFile: variables,
    },
    ...{ disk, files, hypervisor: wear, clock: systemClock, memoryFile: join(dir, 'memory') },
    connect: ({ signal }) => abortable(never, signal),
    onSymptom: () => undefined,
  });

  /** What has become of the disk's loader. */
  const tried = async (): Promise<string[]> => {
    await power.start(context);
    const said: string[] = [];
    power.machine.console.onLine((line) => said.push(line));
    t.same(await power.arrive('no-loader', context), { ends: 'no-loader' });
    t.equal(power.state, 'hung');
    await power.cut(0);
    return said.flatMap(
      (line) => /BdsDxe: (starting|failed to load) Boot0001/.exec(line)?.[1] ?? [],
    );
  };
  t.same(await tried(), ['starting']);
  t.match(await wear.strike(espEmptied(), variables), { fault: 'esp-emptied', esp: {} });
  t.same(await tried(), ['failed to load']);
  t.match(await wear.strike(espRestored(), variables), { fault: 'esp-restored', esp: {} });
  t.same(await tried(), ['starting'], 'it gives up at once, but is there');
  await power.start(context);
  await t.rejects(power.arrive('up', context), { code: 'host/never', message: /its shell/ });
});

/** What a disk server takes and gives, beside the same writes to a raw file. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { createLog } from '../qemu/disk-server/chain.ts';
import { DiskServerProcess } from '../qemu/disk-server/process.ts';
import { SocketDirectory } from '../qemu/sockets.ts';
import { interleaved, type Measure } from './measure.ts';
import { summary, within } from './statistics.ts';

const DISK_BYTES = 4 * 2 ** 30;
const NAME = 'disk0';
/** `perSecondMin`: writes. */
const KINDS = [
  { name: '4 KiB', sizeBytes: 4096, count: 100_000, perSecondMin: 20_000 },
  { name: '64 KiB', sizeBytes: 65_536, count: 16_000, perSecondMin: 300e6 / 65_536 },
];

export const measureDisks: Measure = async ({ pairs, work }) => {
  const measured: Record<string, unknown> = {};
  const table = ['writes to a served disk, sixteen at a time (qemu-img bench), and to a raw file'];
  let residentBytes = 0;
  for (const { name, sizeBytes, count, perSecondMin } of KINDS) {
    const rate = async (target: string): Promise<number> =>
      count / (await seconds(target, count, sizeBytes));
    let directory = '';
    const [raw, served] = await interleaved(pairs, `disk ${name}`, {
      begin: (pair) => {
        directory = join(work, `disk-${sizeBytes.toString()}-${pair.toString()}`);
        return mkdir(directory);
      },
      bare: async () => {
        const file = join(directory, 'raw');
        await execa('qemu-img', ['create', '-q', '-f', 'raw', file, DISK_BYTES.toString()]);
        return rate(file);
      },
      ours: async () => {
        using sockets = SocketDirectory.create();
        const [log, socket] = [join(directory, 'log'), sockets.file('disks')];
        createLog(log, [{ name: NAME, sizeBytes: DISK_BYTES }]);
        await using server = await DiskServerProcess.start({
          ...{ log, onStruck: () => undefined },
          paths: [{ name: 'path', socket, disks: null }],
        });
        const value = await rate(`nbd+unix:///${NAME}?socket=${socket}`);
        residentBytes = Math.max(residentBytes, await residentOf(server.pid));
        return value;
      },
      end: () => rm(directory, { recursive: true }),
      shown: (value) => `${Math.round(value).toString()}/s`,
    });
    const median = summary(served).median;
    const verdict = within(perSecondMin, median);
    const share = median / summary(raw).median;
    measured[name] = { raw: summary(raw), served: summary(served), share, judged: verdict };
    const shown = (value: number): string =>
      `${Math.round(value).toString()}/s, ${((value * sizeBytes) / 1e6).toFixed(0)} MB/s`;
    table.push(
      `  ${name}: ${shown(median)}; raw ${shown(summary(raw).median)}: ${share.toFixed(2)} of it`,
      `  at least ${shown(perSecondMin)}: ${verdict}`,
    );
  }
  table.push(`  the server's memory at most ${(residentBytes / 2 ** 20).toFixed(0)} MiB`);
  return { ...measured, residentBytes, table };
};

async function seconds(target: string, count: number, sizeBytes: number): Promise<number> {
  const how = ['-w', '-c', count.toString(), '-s', sizeBytes.toString(), '-d', '16'];
  const { stdout } = await execa('qemu-img', [
    ...['bench', ...how, '-t', 'writeback', '-f', 'raw', target],
  ]);
  const taken = Number(/completed in ([\d.]+) seconds/.exec(stdout)?.[1]);
  if (!(taken > 0)) throw new Error(`qemu-img bench said: ${stdout}`);
  return taken;
}

async function residentOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

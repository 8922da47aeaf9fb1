/** From starting the process to the first command that the guest answers: bare QEMU, and hostproof. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bareQemu } from './bare.ts';
import { freePort, hostproofToFirstCommand } from './prepare.ts';
import { interleaved, type Measure } from './measure.ts';
import { judged, row, seconds, summary } from './statistics.ts';

const ADDED_MS_MAX = 1000;

export const measureStarts: Measure = async ({ pairs, work, cache, ...options }) => {
  const prepared = await options.prepared();
  const directoryOf = (pair: number): string => join(work, `start-${pair.toString()}`);
  const [bare, ours] = await interleaved(pairs, 'start', {
    begin: (pair) => mkdir(directoryOf(pair)),
    bare: async (pair) => bareQemu(prepared, directoryOf(pair), await freePort()),
    ours: (pair) => hostproofToFirstCommand(join(directoryOf(pair), 'runs'), cache),
    end: (pair) => rm(directoryOf(pair), { recursive: true }),
    shown: (ms) => seconds(ms),
  });
  const added = ours.map((ms, index) => ms - (bare[index] ?? 0));
  const verdict = judged(added, ADDED_MS_MAX);
  return {
    bareMs: summary(bare),
    hostproofMs: summary(ours),
    addedMs: summary(added),
    judged: { added: verdict },
    table: [
      'start to first command',
      row('bare QEMU', bare),
      row('hostproof', ours),
      row('added', added),
      `  at most ${seconds(ADDED_MS_MAX)} added: ${verdict}`,
    ],
  };
};

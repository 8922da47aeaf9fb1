/** From the wish to go on from a frozen host to the running machine, and to its first answer: a bare script, and hostproof. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freezeHost, type Going } from './fork.ts';
import { interleaved, type Measure } from './measure.ts';
import { mebibytes, row, seconds, summary, within } from './statistics.ts';

const TO_RUNNING_MS_MAX = 150;
const TIMES_BARE_MAX = 1.5;
/** Of a boot. */
const TO_COMMAND_SHARE_MAX = 0.1;
const STATE_BYTES_MAX = 10 * 2 ** 20;

export const measureForks: Measure = async ({ prepared, pairs, work, cache }) => {
  const { installed } = await prepared();
  const host = await freezeHost(installed, cache, join(work, 'frozen'));
  const { bootMs, stateBytes, memoryBytes } = host;
  const directoryOf = (pair: number, whose: string): string =>
    join(work, `fork-${pair.toString()}-${whose}`);
  const [bare, ours] = await interleaved<Going>(pairs, 'fork', {
    bare: (pair) => host.bareFork(directoryOf(pair, 'bare')),
    ours: (pair) => host.fork(directoryOf(pair, 'ours')),
    end: async (pair) => {
      await rm(directoryOf(pair, 'bare'), { recursive: true });
      await rm(directoryOf(pair, 'ours'), { recursive: true });
    },
    shown: ({ toRunningMs, toCommandMs }) => `${seconds(toRunningMs)}, ${seconds(toCommandMs)}`,
  });
  const running = (of: readonly Going[]): number[] => of.map(({ toRunningMs }) => toRunningMs);
  const command = (of: readonly Going[]): number[] => of.map(({ toCommandMs }) => toCommandMs);
  const toRunningMs = summary(running(ours)).median;
  const timesBare = toRunningMs / summary(running(bare)).median;
  const shareOfBoot = summary(command(ours)).median / bootMs;
  const verdicts = {
    toRunning: within(toRunningMs, TO_RUNNING_MS_MAX),
    timesBare: within(timesBare, TIMES_BARE_MAX),
    toCommand: within(shareOfBoot, TO_COMMAND_SHARE_MAX),
    stateBytes: within(stateBytes, STATE_BYTES_MAX),
  };
  return {
    ...{ bootMs, stateBytes, memoryBytes, timesBare, shareOfBoot },
    bare: { toRunningMs: summary(running(bare)), toCommandMs: summary(command(bare)) },
    hostproof: { toRunningMs: summary(running(ours)), toCommandMs: summary(command(ours)) },
    judged: verdicts,
    table: [
      'going on from a frozen host',
      row('bare, to running', running(bare)),
      row('hostproof, to running', running(ours)),
      row('bare, to command', command(bare)),
      row('hostproof, to command', command(ours)),
      `  to running at most ${seconds(TO_RUNNING_MS_MAX)}: ${verdicts.toRunning}`,
      `  ${timesBare.toFixed(2)} times the bare script, at most ${TIMES_BARE_MAX.toString()}: ${verdicts.timesBare}`,
      `  to command ${shareOfBoot.toFixed(3)} of a boot of ${seconds(bootMs)}, at most ${TO_COMMAND_SHARE_MAX.toString()}: ${verdicts.toCommand}`,
      `  state of ${mebibytes(stateBytes)} beside ${mebibytes(memoryBytes)} of touched memory, at most ${mebibytes(STATE_BYTES_MAX)}: ${verdicts.stateBytes}`,
    ],
  };
};

/** A suite of stories: each installing for itself, with checkpoints that are made on the way, and with all of them made. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { execa } from 'execa';
import { recordOf } from '../harness/cli/record.ts';
import type { Measure } from './measure.ts';
import { HOSTPROOF } from './prepare.ts';
import { within } from './statistics.ts';

const COLD_SHARE_MAX = 1 / 2;
const WARM_SHARE_MAX = 1 / 20;
const WARM_MS_MAX = 60_000;

interface Ran {
  readonly ms: number;
  /** By job. */
  readonly verdicts: Readonly<Record<string, string>>;
  /** Steps that were taken, and how many of them were not done. */
  readonly steps: number;
  readonly cached: number;
}

export const measureSuites: Measure = async ({ suite, layout, work, build }) => {
  await build();
  const stories = ['--suite', suite, ...(layout === undefined ? [] : ['--layout', layout])];
  const run = (name: string, ...options: string[]): Promise<Ran> =>
    runSuite([...stories, ...options], join(work, name));
  const without = await run('without', '--no-cache');
  const cold = await run('cold', '--refresh');
  const warm = await run('warm');
  const coldShare = cold.ms / without.ms;
  const warmShare = warm.ms / cold.ms;
  const isSame = [cold, warm].every(
    ({ verdicts }) => JSON.stringify(verdicts) === JSON.stringify(without.verdicts),
  );
  const verdicts = {
    cold: within(coldShare, COLD_SHARE_MAX),
    warm: within(Math.max(warmShare / WARM_SHARE_MAX, warm.ms / WARM_MS_MAX), 1),
    same: isSame ? 'met' : 'missed',
  };
  const row = (title: string, { ms, steps, cached }: Ran): string =>
    `  ${title.padEnd(24)} ${minutes(ms)}  ${steps.toString()} steps, ${cached.toString()} of them cached`;
  return {
    ...{ suite, layout, without, cold, warm, coldShare, warmShare, judged: verdicts },
    table: [
      `the suite ${suite}${layout === undefined ? '' : ` on ${layout}`}, ${Object.keys(without.verdicts).length.toString()} jobs`,
      row('without checkpoints', without),
      row('cold, with checkpoints', cold),
      row('warm', warm),
      `  cold ${coldShare.toFixed(2)} of without, at most ${COLD_SHARE_MAX.toString()}: ${verdicts.cold}`,
      `  warm ${warmShare.toFixed(4)} of cold, at most ${WARM_SHARE_MAX.toString()}, and at most ${minutes(WARM_MS_MAX)}: ${verdicts.warm}`,
      `  the same verdicts: ${verdicts.same}`,
    ],
  };
};

async function runSuite(options: readonly string[], out: string): Promise<Ran> {
  await mkdir(out);
  process.stderr.write(`run ${options.join(' ')}\n`);
  const started = performance.now();
  await execa(process.execPath, [HOSTPROOF, 'run', ...options, '--out', out], {
    ...{ stdin: 'ignore', stdout: 'ignore', stderr: 'inherit', reject: false },
  });
  const ms = performance.now() - started;
  const [id = ''] = await readdir(out);
  const events = (await recordOf(join(out, id))).map(({ body }) => body);
  const steps = events.filter((event) => event.type === 'step.ended');
  const verdicts = events
    .flatMap((event) => (event.type === 'job.ended' ? [[event.job, event.verdict] as const] : []))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const cached = steps.filter((step) => step.cached === true).length;
  return { ms, verdicts: Object.fromEntries(verdicts), steps: steps.length, cached };
}

function minutes(ms: number): string {
  const seconds = (ms / 1000).toFixed(1);
  return ms < 90_000 ? `${seconds} s` : `${(ms / 60_000).toFixed(1)} min`;
}

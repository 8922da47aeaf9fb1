/**
 * What hostproof adds to a bare QEMU: from starting the process to the first command that the guest answers.
 *
 * `npm run bench [-- --pairs 7]` prints a table and writes `bench/results.json`:
 * `{ machine, pairs, bareMs: {median,min,max}, hostproofMs: {…}, addedMs: {…}, boundMs, verdict }`, all in milliseconds.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheDir } from '../harness/adapters/cache-dir.ts';
import { bareQemu } from './bare.ts';
import { freePort, hostproofToFirstCommand, prepare, runOnce } from './prepare.ts';
import { judged, summary, type Summary } from './statistics.ts';

const BOUND_MS = 1000;
const ROOT = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '7' } } });
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < 1) throw new Error('--pairs wants a whole number');

await mkdir(join(ROOT, '.hostproof'), { recursive: true });
const work = await mkdtemp(join(ROOT, '.hostproof', 'bench-'));
try {
  process.stderr.write('installing once\n');
  const prepared = await prepare(await runOnce(join(work, 'first')), await cacheDir());
  const bare: number[] = [];
  const ours: number[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    const directory = join(work, `pair-${pair.toString()}`);
    await mkdir(directory);
    const runBare = async (): Promise<void> =>
      void bare.push(await bareQemu(prepared, directory, await freePort()));
    const runOurs = async (): Promise<void> =>
      void ours.push(await hostproofToFirstCommand(join(directory, 'runs')));
    // Each goes first in every other pair.
    for (const one of pair % 2 === 1 ? [runBare, runOurs] : [runOurs, runBare]) await one();
    const [b, o] = [bare.at(-1) ?? 0, ours.at(-1) ?? 0];
    process.stderr.write(
      `pair ${pair.toString()}: bare ${seconds(b)}, hostproof ${seconds(o)}, added ${seconds(o - b)}\n`,
    );
    await rm(directory, { recursive: true });
  }
  const added = ours.map((ms, index) => ms - (bare[index] ?? 0));
  const results = {
    machine: `${cpus().length.toString()} × ${cpus()[0]?.model.trim() ?? '?'}, ${Math.round(totalmem() / 2 ** 30).toString()} GiB`,
    pairs,
    bareMs: rounded(summary(bare)),
    hostproofMs: rounded(summary(ours)),
    addedMs: rounded(summary(added)),
    boundMs: BOUND_MS,
    verdict: judged(added, BOUND_MS),
  };
  await writeFile(join(ROOT, 'bench', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(
    [
      `start to first command, ${results.machine}, ${pairs.toString()} interleaved pairs`,
      row('bare QEMU', results.bareMs),
      row('hostproof', results.hostproofMs),
      row('added', results.addedMs),
      `bound ${seconds(BOUND_MS)}: ${results.verdict}`,
      '',
    ].join('\n'),
  );
} finally {
  await rm(work, { recursive: true, force: true });
}

function rounded({ median, min, max }: Summary): Summary {
  return { median: Math.round(median), min: Math.round(min), max: Math.round(max) };
}

function row(name: string, { median, min, max }: Summary): string {
  return `  ${name.padEnd(10)} median ${seconds(median)}  (${seconds(min)} to ${seconds(max)})`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

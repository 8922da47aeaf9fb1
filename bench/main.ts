/**
 * What hostproof adds to a bare QEMU, and what checkpoints save:
 * `npm run bench [-- start|fork|save|disk|upgrade|suite] [--pairs 7] [--suite smoke] [--layout ostree]`.
 *
 * `start`: from starting the process to the first command that the guest answers. `fork`: from the wish to go on from a frozen
 * host to the running machine and to its first answer. `disk`: writes to a served disk. `upgrade`: a host on such a disk is
 * upgraded. These are interleaved pairs, with a bare script, a raw file, or a host on an image file. `save`: a running host is
 * kept, and goes on. `suite`: a whole suite without checkpoints, with those that are made on the way, and with all of them made;
 * this takes two hours without KVM, and less on one layout.
 *
 * A table is printed and `bench/results.json` is written: `{ machine, pairs, start: {…}, fork: {…}, … }`; times in milliseconds
 * (`{ median, min, max }` where there are several), sizes in bytes, rates by second, shares of 1, and for each bound of `judged`
 * whether it is `met`, `missed`, or `not measurable here`.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { cacheDir } from '../harness/adapters/cache-dir.ts';
import { measureDisks } from './measure-disks.ts';
import { measureForks } from './measure-forks.ts';
import { measureSaves } from './measure-saves.ts';
import { measureStarts } from './measure-starts.ts';
import { measureSuites } from './measure-suites.ts';
import { measureUpgrades } from './measure-upgrades.ts';
import { HOSTPROOF, prepare, runOnce, type Prepared } from './prepare.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MEASURES = {
  start: measureStarts,
  fork: measureForks,
  save: measureSaves,
  disk: measureDisks,
  upgrade: measureUpgrades,
  suite: measureSuites,
};

const { values, positionals } = parseArgs({
  options: {
    pairs: { type: 'string', default: '7' },
    suite: { type: 'string', default: 'smoke' },
    layout: { type: 'string' },
  },
  allowPositionals: true,
});
const pairs = Number(values.pairs);
if (!Number.isInteger(pairs) || pairs < 1) throw new Error('--pairs wants a whole number');
const wanted = positionals.length === 0 ? Object.keys(MEASURES) : positionals;
const unknown = wanted.filter((name) => !(name in MEASURES));
if (unknown.length > 0) throw new Error(`there is no benchmark ${unknown.join(', ')}`);

await mkdir(join(ROOT, '.hostproof'), { recursive: true });
const work = await mkdtemp(join(ROOT, '.hostproof', 'bench-'));
try {
  const cache = await cacheDir();
  let pending: Promise<Prepared> | undefined;
  const prepareOnce = async (): Promise<Prepared> => {
    process.stderr.write('installing once\n');
    return prepare(await runOnce(join(work, 'first'), cache), cache);
  };
  const prepared = (): Promise<Prepared> => (pending ??= prepareOnce());
  const build = (): Promise<unknown> =>
    execa(process.execPath, [HOSTPROOF, 'image', 'build'], { stdin: 'ignore', stdout: 'ignore' });
  const machine = `${cpus().length.toString()} × ${cpus()[0]?.model.trim() ?? '?'}, ${Math.round(totalmem() / 2 ** 30).toString()} GiB`;
  const results: Record<string, unknown> = { machine, pairs };
  process.stdout.write(`${machine}, ${pairs.toString()} interleaved pairs\n`);
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (!wanted.includes(name)) continue;
    const { table, ...measured } = await measure({
      prepared,
      build,
      pairs,
      work,
      cache,
      suite: values.suite,
      layout: values.layout,
    });
    results[name] = measured;
    process.stdout.write(`${table.join('\n')}\n`);
  }
  await writeFile(join(ROOT, 'bench', 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
} finally {
  await rm(work, { recursive: true, force: true });
}

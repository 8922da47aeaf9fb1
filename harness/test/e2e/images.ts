/**
 * Builds every image twice, each time from nothing but the package lists, and compares every file of every stage.
 *
 * What depends on the second differs within one run; what depends on the day, when the caches of two days are compared:
 * `npm run test:images -- DIRECTORY` keeps the first cache there, or compares with the one that is there already.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { hostproof } from '../hostproof.ts';

const MINUTES = 60_000;
t.setTimeout(40 * MINUTES);

const recordSchema = z.object({
  facts: z.record(z.string(), z.json()),
  files: z.record(z.string(), z.object({ sha256: z.string() })),
});

const work = await mkdtemp(join(tmpdir(), 'hostproof-images-'));
t.teardown(() => rm(work, { recursive: true, force: true }));
const [first = join(work, 'first')] = process.argv.slice(2);
const second = join(work, 'second');

await t.test('an image built twice is the same, to the last byte', async (t) => {
  await mkdir(first, { recursive: true });
  if ((await readdir(first)).length === 0) await build(t, first);
  // The versions of packages are an input: the second builder takes those that the first one chose.
  await mkdir(join(second, 'hostproof'), { recursive: true });
  await cp(join(first, 'hostproof', 'apt'), join(second, 'hostproof', 'apt'), { recursive: true });
  await build(t, second);
  const [one, two] = [await stages(first), await stages(second)];
  t.ok(Object.keys(one).length > 5, 'stages were built');
  t.same(two, one);
});

async function build(t: Test, cache: string): Promise<void> {
  const ran = await hostproof(['image', 'build'], {
    env: { XDG_CACHE_HOME: cache },
    limitMs: 20 * MINUTES,
  });
  t.equal(ran.status, 0, ran.stderr.slice(-2000));
}

/** By stage and key: its facts, and the digest of each of its files. */
async function stages(cache: string): Promise<Record<string, unknown>> {
  const images = join(cache, 'hostproof', 'images');
  const found: Record<string, unknown> = {};
  for (const name of (await readdir(images)).sort()) {
    const text = await readFile(join(images, name, 'record.json'), 'utf8').catch(() => null);
    if (text === null) continue; // locks, logs
    const { facts, files } = recordSchema.parse(JSON.parse(text));
    found[name] = {
      facts,
      files: Object.entries(files).map(([file, { sha256 }]) => `${sha256} ${file}`),
    };
  }
  return found;
}

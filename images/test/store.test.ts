import {
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { HostproofError } from '../../harness/domain/errors.ts';
import { verifyStored } from '../record.ts';
import { Store, type Stage } from '../store.ts';

interface Fixture {
  readonly cache: string;
  readonly store: Store;
  /** A stage whose one file holds `text`, and how often it was made. */
  readonly stage: (
    name: string,
    text: string,
    inputs?: readonly Stage[],
  ) => Stage & { made: number };
  readonly said: string[];
  readonly onProgress: (text: string) => void;
}

async function fixture(t: Test): Promise<Fixture> {
  const cache = await mkdtemp(join(tmpdir(), 'hostproof-store-'));
  t.teardown(() => rm(cache, { recursive: true, force: true }));
  const said: string[] = [];
  return {
    cache,
    store: new Store(cache),
    said,
    onProgress: (text) => said.push(text),
    stage: (name, text, inputs = []) => {
      const stage = {
        name,
        key: `${name}${text}`.padEnd(64, '0'),
        inputs,
        made: 0,
        make: async (places: { out: string; work: string; inputs: readonly string[] }) => {
          stage.made += 1;
          const below = await Promise.all(
            places.inputs.map((input) => readFile(join(input, 'file'), 'utf8')),
          );
          await writeFile(join(places.work, 'scrap'), 'x');
          await writeFile(join(places.out, 'file'), [...below, text].join('+'));
          return { length: text.length };
        },
      };
      return stage;
    },
  };
}

void t.test('a stage is made once, after what it stands on', async (t) => {
  const { cache, store, stage } = await fixture(t);
  const root = stage('root', 'r');
  const left = stage('left', 'l', [root]);
  const right = stage('right', 'x', [root]);
  const [one, two] = await Promise.all([store.obtain(left), store.obtain(right)]);
  t.equal(await readFile(join(one.directory, 'file'), 'utf8'), 'r+l');
  t.equal(await readFile(join(two.directory, 'file'), 'utf8'), 'r+x');
  t.strictSame(one.facts, { length: 1 });
  await new Store(cache).obtain(left);
  t.strictSame([root.made, left.made, right.made], [1, 1, 1]);
  const rest = (await readdir(store.directory)).filter((name) => name.startsWith('tmp-'));
  t.strictSame(rest, [], 'no temporary directory is left');
});

void t.test('two stores at once: one makes, the other takes it over', async (t) => {
  const { cache, stage, said, onProgress } = await fixture(t);
  const slow = stage('slow', 's');
  const make = slow.make;
  const patient = {
    ...slow,
    make: async (places: Parameters<typeof make>[0]) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return await make(places);
    },
  };
  const results = await Promise.all([
    new Store(cache).obtain(patient, { onProgress }),
    new Store(cache).obtain(patient, { onProgress }),
  ]);
  t.equal(slow.made, 1);
  t.strictSame(results[0].files, results[1].files);
  t.match(said.join('\n'), /slow: waiting for (another process|process \d+), which is making it/);
});

void t.test('damage is found, said, and made again', async (t) => {
  const { store, stage, said, onProgress } = await fixture(t);
  const whole = stage('whole', 'text');
  const { directory } = await store.obtain(whole);
  const file = join(directory, 'file');

  await truncate(file, 2);
  await t.rejects(store.find(whole), {
    code: 'env/image-damaged',
    message: /2 bytes instead of 4/,
  });
  await store.obtain(whole, { onProgress });
  t.match(said.join('\n'), /whole: .*damaged.*making it again/);
  t.equal(await readFile(file, 'utf8'), 'text');

  await utimes(file, 1, 1);
  await t.rejects(store.find(whole), { code: 'env/image-damaged', message: /changed after/ });
  await store.obtain(whole);
  await rm(file);
  await t.rejects(store.find(whole), { code: 'env/image-damaged', message: /missing/ });
  await store.obtain(whole);
  await writeFile(join(directory, 'record.json'), '{');
  await t.rejects(store.find(whole), { code: 'env/image-damaged', message: /not readable/ });
  await store.obtain(whole);
  t.equal(whole.made, 5);
});

void t.test('verify reads every byte', async (t) => {
  const { store, stage } = await fixture(t);
  const stored = await store.obtain(stage('whole', 'text'));
  await t.resolves(verifyStored(stored));
  const file = join(stored.directory, 'file');
  const { atime, mtime } = await stat(file);
  await writeFile(file, 'tExt');
  await utimes(file, atime, mtime);
  await t.rejects(verifyStored(stored), { code: 'env/image-damaged', message: /digest/ });
});

void t.test('what fails leaves nothing', async (t) => {
  const { store, stage } = await fixture(t);
  const failing = {
    ...stage('failing', 'f'),
    make: () => Promise.reject(new HostproofError('env/image-build', 'no')),
  };
  await t.rejects(store.obtain(failing), { code: 'env/image-build' });
  t.equal(await store.find(failing), undefined);
  t.strictSame(await readdir(store.directory), ['locks']);
});

void t.test('a full disk is the fault of the environment', async (t) => {
  const { store, stage } = await fixture(t);
  const full = {
    ...stage('full', 'f'),
    make: () => Promise.reject(Object.assign(new Error('write'), { code: 'ENOSPC' })),
  };
  await t.rejects(store.obtain(full), { code: 'env/disk-full', blame: 'environment' });
});

void t.test('remains of a maker that died are swept away', async (t) => {
  const { store, stage } = await fixture(t);
  const whole = stage('whole', 'text');
  const { directory } = await store.obtain(whole);
  const remains = `${store.directory}/tmp-${directory.slice(store.directory.length + 1)}.dead`;
  await rm(directory, { recursive: true });
  await writeFile(remains, 'half');
  await store.obtain(whole);
  await t.rejects(stat(remains), { code: 'ENOENT' });
});

void t.test('what nobody asked for in a long time is swept away', async (t) => {
  const { store, stage } = await fixture(t);
  const old = await store.obtain(stage('old', 'o'));
  const used = stage('used', 'u');
  const kept = await store.obtain(used);
  for (const { directory } of [old, kept]) await utimes(join(directory, 'record.json'), 1, 1);
  await store.obtain(used);
  await store.sweep(14);
  await t.rejects(stat(old.directory), { code: 'ENOENT' });
  await t.resolves(store.find(used));
});

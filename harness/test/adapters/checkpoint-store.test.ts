/** Whatever happens to the store: nothing is lost, and no verdict is wrong. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t from 'tap';
import { CheckpointStore } from '../../adapters/checkpoints/store.ts';
import { inMountNamespace } from '../hostproof.ts';
import { newCache, rolledBack, statesIn, storeIn, told, upgraded } from '../run/telling.ts';

const FIXTURE = fileURLToPath(new URL('../fixtures/tell-story.ts', import.meta.url));
const COMMAND = [process.execPath, '--import', 'tsx', FIXTURE] as const;
const isRoot = process.getuid?.() === 0;
t.setTimeout(200_000);

interface Said {
  readonly verdict: string;
  readonly cached: readonly boolean[];
  readonly error: { readonly code: string } | null;
}

async function tellElsewhere(cache: string, inside: readonly string[] = []): Promise<Said> {
  const [file, ...args] = [...inside, ...COMMAND, cache];
  const { stdout } = await execa(file, args, { stdin: 'ignore' });
  return JSON.parse(stdout.split('\n').at(-1) ?? '') as Said;
}

async function filesOf(cache: string): Promise<string[]> {
  const entries = await readdir(cache, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes('/leases/'))
    .sort();
}

const telling = (cache: string) => ({ cache, others: [rolledBack] });
const branch = (cache: string) => told(rolledBack, { cache, others: [upgraded] });

for (const [how, spoil] of Object.entries({
  'a flipped byte': async (file: string) => {
    const bytes = await readFile(file);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(file, bytes);
  },
  'a file cut short': async (file: string) => truncate(file, 20),
  'a file that is gone': async (file: string) => rm(file),
})) {
  t.test(`${how}, in each file of it: it is made again, and the verdict is right`, async (t) => {
    const cache = newCache();
    await told(upgraded, telling(cache));
    const names = await filesOf(cache);
    t.ok(names.some((file) => file.endsWith('/simulated.json')));
    for (const file of names) {
      const name = file.slice(cache.length).replaceAll(/[0-9a-f]{12,}/g, '…');
      await spoil(file).catch(() => undefined); // it went with the one before
      for (const after of [await told(upgraded, telling(cache)), await branch(cache)]) {
        t.equal(after.verdict, 'passed', name);
      }
    }
    const last = await told(upgraded, telling(cache));
    t.same(last.cached, [true, true, true, true, true], 'all is whole again');
    t.same(last.notes, []);
  });
}

t.test('a flipped byte is told in one line, and what is damaged is dropped', async (t) => {
  const cache = newCache();
  await told(upgraded, telling(cache));
  const [state = ''] = (await filesOf(cache)).filter((file) => file.endsWith('/simulated.json'));
  await writeFile(state, (await readFile(state, 'utf8')).replace('reference', 'Reference'));
  const notes: string[] = [];
  await storeIn(cache, notes).verify();
  t.equal(notes.length, 1);
  t.match(notes[0], /simulated\.json is damaged: it is dropped, and made again/);
  t.notOk((await filesOf(cache)).includes(state));
});

t.test('what is sound is not dropped because something else goes wrong', async (t) => {
  const cache = newCache();
  await told(upgraded, telling(cache));
  const verified = (await filesOf(cache)).filter((file) => file.endsWith('/verified.json'));
  for (const file of verified) {
    await rm(file);
    await mkdir(file); // nobody can write to that
  }
  await writeFile(join(statesIn(cache), 'stray'), '');
  const other = await branch(cache);
  t.equal(other.verdict, 'passed');
  t.same(other.cached.slice(0, 3), [true, true, true]);
  t.same(other.notes, []);
});

t.test('SIGKILL while a checkpoint is written: nothing is lost', async (t) => {
  const cache = newCache();
  const child = spawn(COMMAND[0], [...COMMAND.slice(1), cache, 'hang'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const begun = async (): Promise<number> => (await readdir(statesIn(cache))).length;
  await storeIn(cache).collect(0);
  t.equal(await begun(), 1, 'a living process has it');
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.equal(await begun(), 1);
  t.same((await tellElsewhere(cache)).verdict, 'passed');
  const again = await told(upgraded, telling(cache));
  t.same(again.cached, [true, true, true, true, true]);
  await storeIn(cache).collect();
  const { states } = await storeIn(cache).list();
  t.ok(states.length > 0);
  t.ok(
    states.every(({ state }) => state !== null),
    'what was begun is cleared away',
  );
});

t.test('two processes that want the same: both are right, and one is kept', async (t) => {
  const cache = newCache();
  const both = await Promise.all([tellElsewhere(cache), tellElsewhere(cache)]);
  t.same(
    both.map(({ verdict }) => verdict),
    ['passed', 'passed'],
  );
  const after = await told(upgraded, telling(cache));
  t.equal(after.verdict, 'passed');
  t.same(after.cached, [true, true, true, true, true], 'the steps of one of them, from end to end');
  t.same(after.notes, []);
  t.equal((await branch(cache)).verdict, 'passed');
});

t.test(
  'a full disk while one is written: the machine is unfit, and nothing else is wrong',
  { skip: !isRoot && 'needs root' },
  async (t) => {
    const cache = newCache();
    const verdicts: string[] = [];
    // the disk is full at another moment each time
    for (const size of [4, 8, 12, 16, 24, 32, 48, 64, 128]) {
      const inside = inMountNamespace(`mount -t tmpfs -o size=${size.toString()}k tmpfs ${cache}`);
      const { error, verdict } = await tellElsewhere(cache, inside);
      t.equal(
        error?.code,
        verdict === 'passed' ? undefined : 'env/disk-full',
        `${size.toString()} KiB`,
      );
      verdicts.push(verdict);
    }
    t.equal(verdicts[0], 'unfit');
    t.equal(verdicts.at(-1), 'passed');
  },
);

t.test('what was not used for the longest time goes first, and what is in use stays', async (t) => {
  const cache = newCache();
  await tellElsewhere(cache);
  const before = (await storeIn(cache).list()).states;
  t.equal(before.length, 2, 'after the installation, and where stories part');
  await storeIn(cache).collect(1);
  t.same((await storeIn(cache).list()).states, [], 'nobody uses them: the process is gone');
  t.equal((await told(upgraded, telling(cache))).verdict, 'passed', 'results are kept');
  const third = await branch(cache);
  t.equal(third.verdict, 'passed');
  await storeIn(cache).clear();
  t.ok((await storeIn(cache).list()).states.length > 0, 'this process uses them');
});

t.test('what a recalled story would go on from is in use, though nobody opens it', async (t) => {
  const cache = newCache();
  const recalled = { ...telling(cache), identity: 'recalled' };
  const ids = async () => (await storeIn(cache).list()).states.map(({ id }) => id);
  await told(upgraded, recalled);
  const used = await ids();
  await told(upgraded, { ...telling(cache), identity: 'told once' });
  // as if these were other processes
  await rm(join(statesIn(cache), '../leases'), { recursive: true });
  t.same((await told(upgraded, recalled)).done, [], 'no step is taken');
  await storeIn(cache).collect((await storeIn(cache).collect()) - 1);
  const left = await ids();
  t.equal(left.length, 3);
  t.ok(used.every((id) => left.includes(id)));
});

t.test(
  'a cache that was copied: nobody goes on from a state whose disks name another place',
  async (t) => {
    const cache = newCache();
    await told(upgraded, telling(cache));
    const copy = newCache();
    await cp(cache, copy, { recursive: true });
    const elsewhere = await branch(copy);
    t.equal(elsewhere.verdict, 'passed');
    t.same(elsewhere.cached.slice(0, 3), [false, false, false], 'all is done again');
    t.same(elsewhere.notes, [], 'nothing is damaged');
    t.same((await branch(cache)).cached.slice(0, 3), [true, true, true]);
  },
);

t.test('who keeps nothing forgets nothing for others', async (t) => {
  const cache = newCache();
  await told(upgraded, telling(cache));
  const { records } = await storeIn(cache).list();
  const options = { budgetBytes: null, isReadOnly: true, onNote: () => undefined };
  const [first] = records;
  await new CheckpointStore(cache, options).forget(first?.record.key ?? '');
  t.same((await told(upgraded, telling(cache))).cached, [true, true, true, true, true]);
  await storeIn(cache).forget(first?.record.key ?? '');
  t.not((await storeIn(cache).list()).records.length, records.length);
});

t.test('a record of another format is dropped', async (t) => {
  const cache = newCache();
  await told(upgraded, telling(cache));
  const [record = ''] = (await filesOf(cache)).filter((file) => file.includes('/records/'));
  await writeFile(record, '{"sha256":"0","content":{}}');
  const again = await told(upgraded, telling(cache));
  t.equal(again.verdict, 'passed');
  t.equal(again.notes.length, 1);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Durations } from '../../adapters/durations.ts';

const directory = await mkdtemp(join(tmpdir(), 'hostproof-durations-'));
t.teardown(() => rm(directory, { recursive: true, force: true }));

t.test('durations outlive a run, and those of two runs are put together', async (t) => {
  const [one, other] = [await Durations.in(directory), await Durations.in(directory)];
  t.equal(one.of('a'), null);
  one.see('a', 1000.4);
  other.see('b', 2000);
  await one.save();
  await other.save();
  const later = await Durations.in(directory);
  t.same([later.of('a'), later.of('b'), later.of('c')], [1000, 2000, null]);
});

t.test('a file that is none is as good as none', async (t) => {
  await writeFile(join(directory, 'durations.json'), '{ "a": "long" ');
  t.equal((await Durations.in(directory)).of('a'), null);
});

/** Which installed host a benchmark starts from. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import {
  newCache,
  rolledBack,
  statesIn,
  storeIn,
  told,
  upgraded,
} from '../../harness/test/run/telling.ts';
import { installedFor } from '../prepare.ts';

const install = (cache: string, identity: string) =>
  told(upgraded, { cache, identity, others: [rolledBack] });

// the order of their keys is by chance: one of the two finds the older first
for (const [older, newer] of [
  ['these', 'those'],
  ['those', 'these'],
] as const) {
  t.test(`${newer} sources have installed it last: it is theirs`, async (t) => {
    const cache = newCache();
    await install(cache, older);
    const gone = await readdir(statesIn(cache));
    for (const id of gone) await rm(join(statesIn(cache), id), { recursive: true });
    await install(cache, newer);
    const directory = await installedFor('story', storeIn(cache));
    t.equal(join(directory, '..'), statesIn(cache));
    t.notOk(gone.some((id) => directory.endsWith(id)));
  });
}

t.test('a host that is not kept is an error', async (t) => {
  const cache = newCache();
  await t.rejects(installedFor('story', storeIn(cache)), /the installed host is not kept/);
});

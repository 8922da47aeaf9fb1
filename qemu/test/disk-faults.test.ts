/** When faults strike a disk of a real disk server, and when it is over. That each does is in harness/test/faults/disk.ts. */
import t from 'tap';
import { afterBytes, at, onConsole } from '../../harness/domain/moment.ts';
import { diskError } from '../../harness/faults/disk-error.ts';
import { diskGone } from '../../harness/faults/disk-gone.ts';
import { writeTorn } from '../../harness/faults/write-torn.ts';
import { countedByDisk } from '../../harness/run/exact-moment.ts';
import { NBD_ERROR } from '../disk-server/protocol.ts';
import { Client } from './disk-server/client.ts';
import { BLOCK, NAME, newDisk, reconnected, under, used } from './lying-disk.ts';

t.setTimeout(120_000);

t.test('the bytes after which it fails are counted by the disk', async (t) => {
  const half = diskError({ when: at('upgrade', 0.5), command: 'write' });
  const bytes = diskError({ when: afterBytes(BLOCK.length), command: 'write' });
  for (const plan of [countedByDisk(half, 2 * BLOCK.length), countedByDisk(bytes, 0)]) {
    await using disk = await newDisk();
    using client = await Client.open(disk.socket, NAME);
    const { ended, stamp } = await under(disk, plan, () => used(client));
    t.same(ended.errors, [0, NBD_ERROR.io, 0, 0], 'the second write');
    t.match(stamp, { request: { offset: BLOCK.length } });
  }
  const onLine = diskError({ when: onConsole(/./) });
  t.equal(countedByDisk(onLine, 1), onLine, 'nothing else is');
});

t.test('a step ends when its machine has got back to a disk that was gone', async (t) => {
  await using disk = await newDisk();
  const { backAfterS: _, ...untilTheEnd } = diskGone({ command: 'write', backAfterS: 1 });
  const { ended } = await under(disk, untilTheEnd, async () => {
    using client = await Client.open(disk.socket, NAME);
    await t.rejects(client.write(0, BLOCK));
    return { back: reconnected(disk) };
  });
  t.ok(await disk.attended());
  using client = await ended.back;
  t.equal(await client.write(0, BLOCK), 0);
});

t.test(
  'a fault that meets nothing has no stamp; nor has one whose moment never comes',
  async (t) => {
    await using disk = await newDisk();
    using client = await Client.open(disk.socket, NAME);
    for (const plan of [diskError({ command: 'write', nth: 100 }), writeTorn({ sectors: 8 })])
      t.equal((await under(disk, plan, () => used(client))).stamp, null, plan.fault);
    const late = new Promise<never>(() => undefined);
    const unmet = under(disk, diskError({ when: onConsole(/./) }), () => used(client), late);
    t.equal((await unmet).stamp, null);
    t.same((await used(client)).errors, [0, 0, 0, 0], 'and nothing is armed after it');
  },
);

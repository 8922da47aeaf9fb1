/** A host's disk that a disk server serves: what happens in which order. */
import t from 'tap';
import type { Files } from '../../ports/files.ts';
import type { DiskServers } from '../../ports/machine.ts';
import { ServedDisk } from '../../run/served-disk.ts';

function recorded(): { readonly did: string[]; readonly disk: ServedDisk } {
  const did: string[] = [];
  const does = (what: string): Promise<void> => {
    did.push(what);
    return Promise.resolve();
  };
  const servers: DiskServers = {
    endings: ['one', 'two'],
    create: (log) => does(`create ${log}`),
    fork: (log, below) => does(`fork ${log} of ${below}`),
    standAlone: (log) => does(`stand alone ${log}`),
    serve: (log) =>
      does(`serve ${log}`).then(() => ({
        socket: '/socket',
        unfit: new Promise<never>(() => undefined),
        close: () => does('close'),
        reopen: () => does('reopen'),
        attended: () => does('attended').then(() => true),
        arm: () => does('arm').then(() => () => does('disarm')),
        mark: (text) => does(`mark ${text}`),
        cut: (seed) => does(`cut ${seed.toString()}`).then(() => ({ kept: 1, lost: 2, torn: 3 })),
        [Symbol.asyncDispose]: () => does('end'),
      })),
  };
  const files: Partial<Files> = {
    read: () => Promise.resolve(null),
    move: (from, to) => does(`move ${from} ${to}`),
    remove: (file) => does(`remove ${file}`),
  };
  return { did, disk: new ServedDisk('/job', { servers, files: files as Files }) };
}

t.test('a power cut: the machine is answered nothing more before it ends', async (t) => {
  const { did, disk } = recorded();
  await disk.create(1024);
  const kill = (): Promise<void> => {
    did.push('kill');
    return Promise.resolve();
  };
  t.same(await disk.cut(7, kill), { kept: 1, lost: 2, torn: 3 });
  t.same(did.slice(-4), ['close', 'kill', 'cut 7', 'reopen']);
});

t.test('frozen, its log is whole before anyone gets it; thawed, it is a fork', async (t) => {
  const { did, disk } = recorded();
  await disk.create(1024);
  await disk.freeze('/state', true);
  t.same(did.slice(4), [
    'end',
    ...['one', 'two'].map((kind) => `move /job/disk0.${kind} /state/disk0.${kind}`),
    'stand alone /state/disk0',
  ]);
  await disk.thaw('/state');
  t.same(did.slice(-2), ['fork /job/disk0 of /state/disk0', 'serve /job/disk0']);
  t.match(disk.spec, { id: 'disk0', socket: '/socket' });
});

t.test('made anew, nothing is left of the one before, and nobody serves that', async (t) => {
  const { did, disk } = recorded();
  await disk.create(1024);
  await disk.create(2048);
  const removed = ['one', 'two'].map((kind) => `remove /job/disk0.${kind}`);
  const made = [...removed, 'create /job/disk0', 'serve /job/disk0'];
  t.same(did, [...made, 'end', ...made]);
});

t.test('there is no machine without a disk', (t) => {
  t.throws(() => recorded().disk.spec, { code: 'harness/internal' });
  t.end();
});

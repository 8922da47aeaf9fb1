/** Faults of the line: over a real connection, to a client that knows no names. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock as clock } from '../../adapters/clock.ts';
import { connectShell } from '../../adapters/ssh.ts';
import type { FaultStamp, LineFault } from '../../domain/fault.ts';
import { afterServed } from '../../domain/moment.ts';
import { connectionDropped } from '../../faults/connection-dropped.ts';
import { nameNotResolved } from '../../faults/name-not-resolved.ts';
import { repositoryDown } from '../../faults/repository-down.ts';
import { repositoryEmptied } from '../../faults/repository-emptied.ts';
import { repositorySlow } from '../../faults/repository-slow.ts';
import { armedLine } from '../../run/armed-line.ts';
import { fetch, type Answer } from '../adapters/fetch.ts';
import { sshServer } from '../adapters/ssh-server.ts';
import type { FaultCase } from './case.ts';

const MIB = 2 ** 20;
const NOTE = 'x'.repeat(3000);

const { privateKey, port, close } = await sshServer();
const directory = mkdtempSync(join(tmpdir(), 'hostproof-line-'));
t.teardown(async () => {
  rmSync(directory, { recursive: true });
  await close();
});
const path = join(directory, 'big');
writeFileSync(path, Buffer.alloc(3 * MIB));
const files = new Map([
  ['/big', { path, sizeBytes: 3 * MIB }],
  ['/note', { text: NOTE }],
]);

type Get = (path: string) => Promise<Answer>;

/** What the line has to say when somebody has come to what is served over it, or nobody. */
async function visited(
  plan: LineFault,
  visit: (get: Get, stamp: () => FaultStamp | null) => Promise<unknown>,
): Promise<FaultStamp | null> {
  const line = armedLine(plan);
  await using shell = await connectShell({ port, privateKey, clock, deadlineMs: 20_000 });
  await using service = await shell.serve({ files, directories: new Map() }, line);
  const server = new URL(`http://${line.server(service)}`);
  const get: Get = (path) => {
    if (server.hostname === '127.0.0.1') return fetch(Number(server.port), path);
    const said = `Could not resolve host: ${server.hostname}`; // in the words of libcurl
    line.hears(said);
    return Promise.reject(new Error(said));
  };
  await visit(get, () => line.stamp);
  return line.stamp;
}

const nobody = (): Promise<void> => Promise.resolve();

function onLine(
  plan: LineFault,
  stamp: object,
  strikes: (t: Test, get: Get, stamp: () => FaultStamp | null) => Promise<unknown>,
  misses: (get: Get) => Promise<unknown> = nobody,
): FaultCase {
  return {
    ...{ plan, stamp, misses: () => visited(plan, misses) },
    strikes: (t) => visited(plan, (...visitor) => strikes(t, ...visitor)),
  };
}

export const lineFaults: readonly FaultCase[] = [
  onLine(repositoryDown(), { bytesServed: 0 }, async (t, get) => {
    await t.rejects(get('/nothing'), 'nobody even says that there is no such file');
    await t.rejects(get('/note'));
  }),
  onLine(
    connectionDropped({ when: afterServed(2 * MIB) }),
    { bytesServed: 2 * MIB },
    async (t, get, stamp) => {
      t.equal((await get('/note')).body.toString(), NOTE);
      t.equal(stamp(), null, 'it is sound until then');
      const both = await Promise.allSettled([get('/big'), get('/big')]);
      t.ok(both.every(({ status }) => status === 'rejected'));
      await t.rejects(get('/note'), 'and takes no other');
    },
    (get) => get('/note'),
  ),
  onLine(
    repositoryEmptied({ when: afterServed(MIB) }),
    { bytesServed: MIB },
    async (t, get) => {
      await t.rejects(get('/big'));
      t.equal((await get('/big')).status, 404, 'it still answers');
    },
    (get) => get('/note'),
  ),
  onLine(repositoryEmptied({ when: afterServed(0) }), { bytesServed: 0 }, async (t, get) => {
    t.equal((await get('/note')).status, 404, 'from the first on');
  }),
  onLine(
    repositorySlow({ bytesPerSecond: 5000, when: afterServed(NOTE.length + 1) }),
    { bytesServed: NOTE.length + 1 },
    async (t, get) => {
      const begunMs = clock.nowMs();
      for (let times = 0; times < 3; times++)
        t.equal((await get('/note')).body.toString(), NOTE, 'all has come through');
      const atLeastMs = (1000 * (3 * NOTE.length - (NOTE.length + 1))) / 5000;
      t.ok(clock.nowMs() - begunMs >= 0.9 * atLeastMs, 'as slowly as it had to'); // timers may be early
    },
    (get) => get('/note'),
  ),
  onLine(
    nameNotResolved(),
    { name: 'updates.invalid', said: 'Could not resolve host: updates.invalid' },
    (t, get) => t.rejects(get('/note')),
  ),
];

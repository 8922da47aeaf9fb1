/** Ctrl-C, as whoever pressed it sees it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { BIN, hostproof } from './hostproof.ts';

t.setTimeout(120_000);
const work = await mkdtemp(join(tmpdir(), 'hostproof-interrupt-'));
t.teardown(() => rm(work, { recursive: true, force: true }));

/** Ends after an hour by itself. */
const STORY = `
import { setTimeout } from 'node:timers/promises';
import { scenario } from '${fileURLToPath(new URL('../scenario.ts', import.meta.url))}';
export default scenario(
  { title: 'A story that waits for itself', layouts: ['thin', 'ostree'], firmware: ['uefi'], suite: 'full' },
  async ({ host, image }) => {
    await host.install(image('1.0'));
    await setTimeout(3_600_000);
  },
);`;

t.test('a story that waits for something of its own ends at once, and says so', async (t) => {
  await writeFile(join(work, 'package.json'), '{ "type": "module" }');
  await writeFile(join(work, 'waits.ts'), STORY);
  const args = ['run', '--machine', 'sim', '--scenarios', work, '--out', join(work, 'runs')];
  const child = spawn(process.execPath, [BIN, ...args, '--reporter', 'terminal']);
  t.teardown(() => child.kill('SIGKILL'));
  const [said, ended] = [text(child.stderr), once(child, 'exit')];
  let shown = '';
  for await (const piece of child.stdout) {
    shown += String(piece);
    if (/install .*done/.test(shown)) break; // whatever comes later has no reader, and needs none
  }
  child.kill('SIGINT');
  t.equal((await ended)[0], 130);
  t.match(await said, /^hostproof: SIGINT: ends what is running and cleans up/m);
});

t.test('a terminal that is gone is no reason not to clean up', async (t) => {
  const args = ['run', '--machine', 'sim', '--scenarios', work, '--out', join(work, 'gone')];
  const child = spawn(process.execPath, [BIN, ...args, '--reporter', 'terminal']);
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  child.stderr.destroy();
  child.stdout.on('data', (piece: Buffer) => {
    if (/install .*done/.test(piece.toString())) child.kill('SIGHUP');
  });
  t.equal((await ended)[0], 130);
});

t.test('a story that waits for itself and is not asked for keeps nobody waiting', async (t) => {
  await writeFile(join(work, 'other.ts'), STORY.replace('await setTimeout(3_600_000);', ''));
  const args = ['run', 'other', '--machine', 'sim', '--scenarios', work];
  const ran = await hostproof([...args, '--out', join(work, 'others')]);
  t.equal(ran.status, 0, ran.stderr);
});

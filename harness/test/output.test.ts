/** What becomes of a command whose output goes nowhere. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { eventSchema, type EventBody } from '../domain/event.ts';
import { BIN, hostproof } from './hostproof.ts';

t.setTimeout(120_000);
const work = await mkdtemp(join(tmpdir(), 'hostproof-output-'));
t.teardown(() => rm(work, { recursive: true, force: true }));

/** Reads only the first piece of what a command prints. @returns its exit status */
async function readBriefly(args: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  return (await ended)[0];
}

/** What the record of the only run in a directory says. */
async function recordIn(out: string): Promise<EventBody[]> {
  const [id = ''] = await readdir(out);
  const lines = (await readFile(join(out, id, 'events.jsonl'), 'utf8')).trim().split('\n');
  return lines.map((line) => eventSchema.parse(JSON.parse(line)).body);
}

t.test('a run that nobody reads any more is an interrupted one, with a whole record', async (t) => {
  const out = join(work, 'briefly');
  const run = ['run', '--machine', 'sim', '--reporter', 'jsonl', '--out', out];
  t.equal(await readBriefly(run), 130, 'and none that passed: nobody knows');
  t.match((await recordIn(out)).at(-1), { type: 'run.ended', verdict: 'interrupted' });
});

t.test('a listing that nobody reads to its end is none the worse for it', async (t) => {
  t.equal(await readBriefly(['list', '--json']), 0);
});

t.test('output that does not fit on its disk: exit 3, and which it is', async (t) => {
  const inside = ['sh', '-ec', 'exec "$@" > /dev/full', 'sh'];
  const out = ['--out', join(work, 'full')];
  for (const args of [['list'], ['--help'], ['run', 'by-command', '--machine', 'sim', ...out]]) {
    const ran = await hostproof(args, { inside });
    t.equal(ran.status, 3, ran.stderr);
    t.match(ran.stderr, /^hostproof: standard output: ENOSPC/m);
  }
  for (const name of ['jsonl', 'junit', 'summary', 'tap', 'terminal']) {
    const report = ['--reporter', `${name}=/dev/full`];
    const ran = await hostproof(['run', 'by-command', '--machine', 'sim', ...out, ...report]);
    t.equal(ran.status, 3, ran.stderr);
    t.match(ran.stderr, `hostproof: --reporter ${name}=/dev/full: ENOSPC`);
  }
});

t.test('a report that cannot be written ends the run, and is told once', async (t) => {
  const out = join(work, 'unwritten');
  const reports = ['jsonl', 'tap'].flatMap((name) => ['--reporter', `${name}=/dev/full`]);
  const ran = await hostproof(['run', '--machine', 'sim', '--out', out, ...reports]);
  t.equal(ran.status, 3, ran.stderr);
  t.match(ran.stderr, 'hostproof: --reporter jsonl=/dev/full: ENOSPC');
  t.notMatch(ran.stderr, 'a defect of hostproof');
  const bodies = await recordIn(out);
  t.match(bodies.at(-1), { type: 'run.ended', verdict: 'interrupted' });
  t.notOk(bodies.some((body) => body.type === 'job.ended' && body.verdict === 'passed'));
});

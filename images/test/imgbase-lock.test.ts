/** One imgbase is at work at a time: whoever comes second waits, and is refused if that takes too long. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';

const COMMON = join(import.meta.dirname, '../guest/imgbased/lib/common.sh');
const run = await mkdtemp(join(tmpdir(), 'hostproof-lock-'));
t.teardown(() => rm(run, { recursive: true, force: true }));

/** A program as the engine's are, which takes the lock and then does this; `before`: what comes before it. */
function locked(then: string, before = ':') {
  const program = `. "$1"; RUN=$2; ${before}; lock; ${then}`;
  return execa('/bin/sh', ['-c', program, 'imgbase', COMMON, run], { reject: false });
}

/** Resolves when it says so. */
function says(child: ReturnType<typeof locked>, text: string): Promise<void> {
  return new Promise((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes(text)) resolve();
    });
  });
}

/** Whoever asks without waiting sees that it is taken. */
const REFUSED = { exitCode: 3, stderr: 'imgbase: refused: another imgbase is at work' };
const asked = () => locked('echo taken', 'flock() { command flock --nonblock 9; }');

t.test('the second begins when the first has ended', async (t) => {
  const first = locked('echo begun; read -r word; echo "$word"');
  await says(first, 'begun');
  const second = locked('echo begun', 'echo waits');
  await says(second, 'waits');
  let isOver = false;
  void second.then(() => (isOver = true));
  t.match(await asked(), REFUSED);
  t.notOk(isOver);
  first.stdin.end('ended\n');
  t.match(await first, { exitCode: 0, stdout: 'begun\nended' });
  t.match(await second, { exitCode: 0, stdout: 'waits\nbegun' });
  t.match(await asked(), { exitCode: 0, stdout: 'taken' });
});

t.test('what a killed run has left at work is waited for, too', async (t) => {
  // what it was told through dies with it
  const left = '{ read -r word <"$RUN/go"; echo "$word"; } & echo begun; kill -9 $$';
  const first = locked(left, 'mkfifo "$RUN/go"');
  await says(first, 'begun');
  t.match(await asked(), REFUSED);
  await writeFile(join(run, 'go'), 'ended\n');
  t.match(await first, { signal: 'SIGKILL', stdout: 'begun\nended' });
  t.match(await asked(), { exitCode: 0, stdout: 'taken' });
});

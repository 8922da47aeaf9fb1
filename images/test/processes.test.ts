import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { withLock } from '../../harness/adapters/lock.ts';
import { requireTools, runStep } from '../step.ts';

const here = import.meta.dirname;

async function scratch(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-processes-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A process of its own that runs `code` and is killed by the end of the test at the latest. */
async function other(t: Test, directory: string, code: string): Promise<{ kill: () => void }> {
  const script = join(directory, 'other.mts');
  await writeFile(script, code);
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    cwd: join(here, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  t.teardown(kill);
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve);
    child.once('exit', () => {
      reject(new Error('the other process ended before it was ready'));
    });
  });
  return { kill };
}

const module = (name: string): string => JSON.stringify(pathToFileURL(join(here, '..', name)).href);

void t.test('a lock keeps others out, and its holder cannot take it to the grave', async (t) => {
  const directory = await scratch(t);
  const path = join(directory, 'locks/one');
  const held = await other(
    t,
    directory,
    `import { withLock } from ${module('../harness/adapters/lock.ts')};
     await withLock(${JSON.stringify(path)}, async () => {
       process.stdout.write('held');
       await new Promise((resolve) => setTimeout(resolve, 60_000));
     });`,
  );
  const waits: string[] = [];
  const onWait = (holder: string): void => void waits.push(holder);
  await t.rejects(
    withLock(path, () => Promise.resolve(), { onWait, waitMsMax: 100 }),
    {
      code: 'env/lock',
      message: /held by process \d+/,
    },
  );
  t.match(waits[0], /^process \d+$/);
  held.kill();
  t.equal(await withLock(path, () => Promise.resolve('mine'), { waitMsMax: 10_000 }), 'mine');
});

void t.test('a lock is given back by a body that fails', async (t) => {
  const path = join(await scratch(t), 'lock');
  await t.rejects(
    withLock(path, () => Promise.reject(new Error('body'))),
    { message: 'body' },
  );
  t.equal(await withLock(path, () => Promise.resolve(1), { waitMsMax: 0 }), 1);
});

void t.test('a killed builder leaves no process and no mount', async (t) => {
  const directory = await scratch(t);
  const marker = `hostproof-step-${String(process.pid)}`;
  await writeFile(
    join(directory, 'step.sh'),
    `mkdir "$PLACE/mount"; mount -t tmpfs "$MARKER" "$PLACE/mount"; echo '==> mounted'; sleep 61.5`,
  );
  const options = {
    script: join(directory, 'step.sh'),
    environment: { PLACE: directory, MARKER: marker },
    log: join(directory, 'log'),
  };
  const builder = await other(
    t,
    directory,
    `import { runStep } from ${module('step.ts')};
     await runStep({ ...${JSON.stringify(options)}, onPhase: (text) => process.stdout.write(text) });`,
  );
  t.ok((await processesWith(marker)).length > 0, 'the step runs');
  t.notMatch(await readFile('/proc/self/mounts', 'utf8'), marker, 'its mounts are its own');
  builder.kill();
  for (let tries = 0; tries < 50 && (await processesWith(marker)).length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.strictSame(await processesWith(marker), []);
});

/** Process identifiers whose environment has this text. */
async function processesWith(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (environment.includes(`MARKER=${text}\0`)) found.push(name);
  }
  return found;
}

void t.test('a step that fails says how its output ends', async (t) => {
  const directory = await scratch(t);
  const step = async (text: string): Promise<string[]> => {
    const phases: string[] = [];
    await writeFile(join(directory, 'step.sh'), text);
    await runStep({
      script: join(directory, 'step.sh'),
      environment: {},
      log: join(directory, 'log'),
      onPhase: (phase) => phases.push(phase),
    });
    return phases;
  };
  t.strictSame(await step('echo "==> one"; echo noise; echo "==> two"'), ['one', 'two']);
  t.match(await readFile(join(directory, 'log'), 'utf8'), /noise/);
  await t.rejects(step('echo the reason >&2; exit 7'), {
    code: 'env/image-build',
    message: /ended with 7.*\n.*the reason/s,
  });
  await t.rejects(step('echo "tar: x: Cannot write: No space left on device"; exit 2'), {
    code: 'env/disk-full',
  });
});

void t.test('missing programs are named with their packages', async (t) => {
  await t.resolves(requireTools());
  const empty = await scratch(t);
  await t.rejects(requireTools(empty), {
    code: 'env/missing-tool',
    message: /mmdebstrap/,
    hint: /^apt-get install .*squashfs-tools.*xorriso/,
  });
});

import t from 'tap';
import { eventBodySchema, type EventBody } from '../../domain/event.ts';
import type { Clock } from '../../ports/clock.ts';
import { runInstallation } from '../../run/installation.ts';
import { scripted, type Moment } from './scripted-machine.ts';

const MINUTE = 60_000;

/** Time passes only where somebody waits: whoever waits for the earliest moment goes on. */
function virtualClock(): Clock {
  let nowMs = 0;
  const waiting = new Set<{ untilMs: number; resolve: () => void }>();
  let isTurning = false;
  const turn = (): void => {
    isTurning = false;
    const next = [...waiting].sort((a, b) => a.untilMs - b.untilMs)[0];
    if (next === undefined) return;
    waiting.delete(next);
    nowMs = next.untilMs;
    next.resolve();
    schedule();
  };
  const schedule = (): void => {
    if (isTurning || waiting.size === 0) return;
    isTurning = true;
    setImmediate(turn);
  };
  return {
    nowMs: () => nowMs,
    wallTime: () => new Date(nowMs),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => {
          waiting.delete(entry);
          reject(signal?.reason as Error);
        };
        const entry = {
          untilMs: nowMs + ms,
          resolve: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        if (signal?.aborted === true) {
          abort();
          return;
        }
        signal?.addEventListener('abort', abort, { once: true });
        waiting.add(entry);
        schedule();
      }),
  };
}

interface Given {
  readonly medium: readonly Moment[];
  readonly result?: readonly Moment[];
  readonly isAttended?: boolean;
  readonly ssh?: boolean;
  readonly signal?: AbortSignal;
}

async function installation(given: Given) {
  const clock = virtualClock();
  const hypervisor = scripted(clock, [given.medium, given.result ?? []]);
  const events: EventBody[] = [];
  const failures: string[] = [];
  const lastLines: string[] = [];
  const verdict = await runInstallation({
    job: 'install-test',
    dir: '/run',
    shownDir: 'jobs/install-test',
    medium: '/medium.iso',
    kickstartVolume: '/run/oemdrv.img',
    disks: [{ file: '/run/disk0.qcow2', sizeBytes: 2 ** 30 }],
    machine: { memoryMiB: 1024, cpus: 1, firmware: 'uefi' },
    vncSocket: null,
    isAttended: given.isAttended ?? false,
    stallMs: 10 * MINUTE,
    limitMs: { install: 180 * MINUTE, boot: 30 * MINUTE },
    hypervisor,
    clock,
    emit: (body) => events.push(eventBodySchema.parse(body)),
    signal: given.signal ?? new AbortController().signal,
    sshAnswers: (_ports, signal) =>
      given.ssh === true ? Promise.resolve() : clock.sleep(1_000 * MINUTE, signal),
    onMachine: () => undefined,
    onFailure: (machine, dir) => {
      failures.push(dir);
      lastLines.push(...machine.console.tail(1));
      return Promise.resolve();
    },
    evidence: () => Promise.resolve(['jobs/install-test/install/console.log']),
    reproduce: 'npx hostproof install',
  });
  const [error] = events.flatMap((event) => (event.type === 'job.ended' ? [event.error] : []));
  const minutes = clock.nowMs() / MINUTE;
  return { verdict, events, hypervisor, failures, lastLines, error, minutes };
}

const INSTALLED: readonly Moment[] = [
  { atMs: 5_000, says: 'installer: [1/9] reading the kickstart' },
  { atMs: 60_000, says: 'installer: [5/9] unpacking', writes: 2 ** 20 },
  { atMs: 8 * MINUTE, writes: 2 ** 20 },
  { atMs: 16 * MINUTE, stops: 'shutdown' },
];

t.test('a medium installs, and the result shows a login prompt', async (t) => {
  const result = [
    { atMs: 2_000, says: '[FAILED] Failed to start something.' },
    { atMs: 40_000, prompt: 'node login: ' },
  ];
  const { verdict, events, hypervisor, error } = await installation({ medium: INSTALLED, result });
  t.equal(verdict, 'passed', error?.message ?? '');
  t.match(
    events.flatMap((event) => (event.type === 'step.ended' ? [event.result] : [])),
    [{ ended: 'shutdown', bytesWritten: 2 ** 21 }, { up: 'a login prompt on the console' }],
  );
  t.match(
    events.flatMap((event) => (event.type === 'step.progress' ? [event.text] : [])),
    ['[1/9] reading the kickstart', '[5/9] unpacking'],
  );
  t.match(
    events.filter(({ type }) => type === 'symptom'),
    [{ id: 'unit-failed' }],
    'what is not the end is a note',
  );
  const [medium, host] = hypervisor.started;
  t.equal(medium?.stopOnReboot, true);
  t.same(
    medium?.disks.map(({ id }) => id),
    ['disk0', 'oemdrv', 'medium'],
  );
  t.same(
    host?.disks.map(({ id }) => id),
    ['disk0'],
    'the result starts without the medium',
  );
  t.equal(host?.variablesFile, medium?.variablesFile, 'with the boot entries that were made');
  t.same(hypervisor.disposed, ['/run/install', '/run/boot']);
});

t.test('a result that answers on ssh is up, whatever its console shows', async (t) => {
  const { verdict } = await installation({ medium: INSTALLED, ssh: true });
  t.equal(verdict, 'passed');
});

t.test('what can never finish is ended at once, with the sign of it', async (t) => {
  const cases: [string, readonly Moment[], RegExp][] = [
    ['an error of the installer', [{ atMs: 100, says: 'installer: ERROR: no disk' }], /no disk/],
    ['a panic', [{ atMs: 100, says: '[ 1.0] Kernel panic - not syncing: VFS' }], /panicked/],
    ['a boot loader that asks', [{ atMs: 100, prompt: 'grub> ' }], /GRUB ended at its prompt/],
    ['firmware that asks', [{ atMs: 100, prompt: 'Shell> ' }], /ended in its shell/],
    [
      'an installer that asks',
      [{ atMs: 100, prompt: "Please make a selection from the above ['c' to continue]:" }],
      /kickstart is not complete/,
    ],
    ['a machine that is off at once', [{ atMs: 100, stops: 'shutdown' }], /empty disks/],
    ['a crash', [{ atMs: 100, writes: 1, stops: 'crashed' }], /ended by crashed/],
  ];
  for (const [name, medium, message] of cases) {
    const { verdict, error, minutes, failures } = await installation({ medium });
    t.equal(verdict, 'failed', name);
    t.match(error?.message, message, name);
    t.ok(minutes < 1, `${name}: after ${String(minutes)} minutes`);
    t.same(failures, ['/run/install'], 'the screen is kept');
  }
});

t.test('a standstill is a failure; output or writing alone is not', async (t) => {
  const still = await installation({ medium: [{ atMs: MINUTE, says: 'thinking' }] });
  t.equal(still.verdict, 'failed');
  t.match(still.error, {
    code: 'host/timeout',
    message: /nothing written for 10 minutes.*thinking/,
  });
  t.ok(still.minutes >= 11 && still.minutes < 12);

  const writing = Array.from({ length: 5 }, (_, index) => ({
    atMs: index * 9 * MINUTE,
    writes: 1,
  }));
  const silent = await installation({
    medium: [...writing, { atMs: 40 * MINUTE, stops: 'reset' }],
    ssh: true,
  });
  t.equal(silent.verdict, 'passed', silent.error?.message ?? '');
});

t.test('the result must come up', async (t) => {
  const dead = await installation({
    medium: INSTALLED,
    result: [{ atMs: 900, says: 'BdsDxe: No bootable option or device was found.' }],
  });
  t.match(dead.error, {
    code: 'host/never',
    message: /^booting: the firmware found nothing to boot/,
    invariant: 'console.efi-no-bootable',
  });
  const off = await installation({ medium: INSTALLED, result: [{ atMs: 900, stops: 'shutdown' }] });
  t.match(off.error, { code: 'host/never', message: /machine stopped/ });
  const busy = Array.from({ length: 400 }, (_, index) => ({ atMs: index * 5_000, says: 'busy' }));
  const slow = await installation({ medium: INSTALLED, result: busy });
  t.match(slow.error, { code: 'host/timeout', message: /boot: no end within 30 minutes/ });
});

t.test('a person at the machine decides alone', async (t) => {
  const { verdict, events } = await installation({
    medium: [
      { atMs: 100, prompt: 'grub> ' },
      { atMs: 200, says: 'Entering emergency mode. Exit the shell to continue.' },
      { atMs: 30 * MINUTE, writes: 1 },
      { atMs: 60 * MINUTE, stops: 'reset' },
    ],
    isAttended: true,
    ssh: true,
  });
  t.equal(verdict, 'passed');
  t.ok(events.some((event) => event.type === 'symptom' && event.id === 'dracut-emergency'));
});

t.test('an interrupt ends it, and nothing is left running', async (t) => {
  const controller = new AbortController();
  setTimeout(() => {
    controller.abort(new Error('Ctrl-C'));
  }, 5);
  const endless = Array.from({ length: 9e4 }, (_, index) => ({ atMs: index * 100, says: 'x' }));
  const ended = await installation({ medium: endless, signal: controller.signal });
  t.equal(ended.verdict, 'interrupted');
  t.same(ended.failures, []);
  t.same(ended.hypervisor.disposed, ['/run/install']);
});

t.test('what the console says next belongs to the evidence, however long it goes on', async (t) => {
  const error = { atMs: 60_000, says: 'installer: ERROR: unknown command "x" (ks.cfg:1)' };
  const brief = await installation({
    medium: [error, { atMs: 60_400, says: 'installer: nothing was written to any disk' }],
  });
  t.same(brief.lastLines, ['installer: nothing was written to any disk']);
  const babble = Array.from({ length: 100 }, (_, index) => ({
    atMs: 60_000 + index * 500,
    says: `line ${index.toString()}`,
  }));
  const endless = await installation({ medium: [error, ...babble] });
  t.ok(endless.minutes < 1.5, `${endless.minutes.toString()} minutes`);
});

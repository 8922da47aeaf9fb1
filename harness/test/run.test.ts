import t from 'tap';
import { HostproofError } from '../domain/errors.ts';
import type { Host } from '../ports/host.ts';
import { keyTowards, menuRows } from '../run/boot-menu.ts';
import { expectations } from '../run/story-api.ts';
import { Scope } from '../run/scope.ts';
import { never, notYet, waitFor, yes } from '../run/wait.ts';
import { fakeClock } from './fake-clock.ts';
import { installed, stepsOn } from './steps.ts';

t.test('a wait answers yes, never or too late, and says what was last seen', async (t) => {
  const options = {
    what: 'the moon',
    clock: fakeClock(),
    limitMs: 1000,
    everyMs: 100,
    signal: new AbortController().signal,
  };
  let asked = 0;
  t.equal(await waitFor(() => (++asked < 4 ? notYet('night') : yes(asked)), options), 4);
  await t.rejects(
    waitFor(() => never('it fell down'), options),
    { code: 'host/never', message: /the moon: it fell down/ },
  );
  await t.rejects(
    waitFor(() => notYet('clouds'), options),
    { code: 'host/timeout', message: /1 s; last seen: clouds/ },
  );
});

t.test(
  'a scope closes in reverse, once, and the first error is the one that is seen',
  async (t) => {
    const order: string[] = [];
    await t.rejects(
      Scope.run((scope) => {
        scope.defer(() => void order.push('first'));
        scope.defer(() => {
          order.push('second');
          throw new Error('while closing');
        });
        return Promise.reject(new Error('in the body'));
      }),
      { message: 'in the body' },
    );
    t.same(order, ['second', 'first']);
  },
);

t.test('a verb is refused where it makes no sense, and that is the story to blame', async (t) => {
  const { steps } = stepsOn();
  await t.rejects(steps.perform('boot', {}), {
    code: 'story/misuse',
    message: /needs a host that is off, and it is none/,
  });
  await t.rejects(steps.perform('write', { path: 'relative', content: '' }), {
    code: 'story/argument',
    message: /absolute path/,
  });
  await installed(steps);
  const two = [steps.perform('settle', {}), steps.perform('settle', {})];
  await t.rejects(Promise.all(two), {
    code: 'story/misuse',
    message: /settle is not finished: a missing await/,
  });
  await Promise.allSettled(two);
});

t.test('a step tells so much progress and no more', async (t) => {
  const { steps, events } = stepsOn({
    settle: (_args, { progress }) => {
      for (let line = 0; line < 5000; line++) progress(line.toString());
      return Promise.resolve({ failedUnits: [] });
    },
  });
  await installed(steps);
  await steps.perform('settle', {});
  const told = events.flatMap((event) => (event.type === 'step.progress' ? [event.text] : []));
  t.equal(told.length, 2001);
  t.equal(told.at(-1), 'and more, which is not told');
});

t.test('a step that does not end is ended at its limit, and says so', async (t) => {
  const hang: Partial<Host> = {
    settle: (_args, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      ),
  };
  let hasty = false;
  const clock = fakeClock();
  const { steps } = stepsOn(hang, {
    ...clock,
    sleep: (ms, signal) => (hasty ? Promise.resolve() : clock.sleep(ms, signal)),
  });
  await installed(steps);
  hasty = true;
  await t.rejects(steps.perform('settle', {}), {
    code: 'host/timeout',
    message: /did not end within 180 s/,
  });
});

t.test('the boot menu is read from the screen as GRUB draws it', (t) => {
  const screen = [
    '                             GNU GRUB  version 2.06-13+deb12u1',
    ' ┌────────────────────────────────────────────────────────────────────────────┐',
    ' │*Reference Node 1.1 (reference-node-1.1-1+1)                                 │',
    ' │ Reference Node 1.0 (reference-node-1.0-1+1)                                 │',
    ' │                                                                             │',
    ' └────────────────────────────────────────────────────────────────────────────┘',
  ];
  const rows = menuRows(screen);
  t.same(
    rows.map(({ selected }) => selected),
    [true, false],
  );
  t.equal(keyTowards(rows, 'Reference Node 1.0'), 'ctrl-n');
  t.equal(keyTowards(rows, 'Reference Node 1.1'), null);
  t.equal(keyTowards(rows, 'Reference Node 2.0'), undefined);
  t.same(menuRows(['[    1.0] GNU GRUB is not here', '| * not a menu']).length <= 1, true);
  t.same(menuRows(['Linux version 6.1']), []);
  t.end();
});

t.test('space that an upgrade takes for good is found', async (t) => {
  let leakedMiB = 0;
  const { steps } = stepsOn((view) => ({
    ...view,
    space: { ...view.space, boot: { usedMiB: 100 + leakedMiB, sizeMiB: 1000 } },
  }));
  await installed(steps);
  const expect = expectations(steps, (message) => new HostproofError('story/misuse', message));
  const then = await steps.perform('view', {});
  leakedMiB = 20;
  await steps.perform('view', {});
  t.doesNotThrow(() => {
    expect.spaceAsIn(then);
  });
  leakedMiB = 40;
  await steps.perform('view', {});
  t.throws(() => {
    expect.spaceAsIn(then);
  }, /boot: 140 MiB in use, there were 100/);
});

t.test('what was refused for another reason is found', async (t) => {
  const { steps } = stepsOn((view) => view);
  await installed(steps);
  const expect = expectations(steps, (message) => new HostproofError('story/misuse', message));
  const refused = await steps.perform('rollback', { ends: 'refused' });
  t.doesNotThrow(() => {
    expect.reason(refused, /older/);
  });
  t.throws(() => {
    expect.reason(refused, /space/);
  }, /the reason is "there is no older layer", expected was one with \/space\//);
  t.throws(() => {
    expect.reason({ outcome: 'done', reason: null }, /space/);
  }, /the reason is null/);
  const second = { status: 1, said: 'it is in use' };
  const stamp = { fault: 'layer-removed', bytesWritten: 1, bytesPlanned: 1, second };
  const ended = { outcome: 'done', reason: null, content: { usr: '', rest: '' } } as const;
  t.doesNotThrow(() => {
    expect.answer({ ...ended, stamp }, /in use/);
  });
  t.throws(() => {
    expect.answer(
      { ...ended, stamp: { ...stamp, second: { status: 127, said: 'not found' } } },
      /in use/,
    );
  }, /the answer is "not found", expected was one with \/in use\//);
  t.doesNotThrow(() => {
    expect.answer({ ...ended, stamp: { ...stamp, second: { status: 0, said: '' } } }, /^status 0$/);
  });
  t.throws(() => {
    expect.answer({ ...ended, stamp: null }, /in use/);
  }, /the answer is null/);
});

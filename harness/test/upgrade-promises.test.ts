/** What an upgrade may leave, and what it must leave alone, however it ends. */
import t from 'tap';
import { at } from '../domain/moment.ts';
import { deedOf, type Deed } from '../domain/deed.ts';
import { EMPTY_LEDGER, promise, settle, type Ledger } from '../domain/promise.ts';
import type { Outcome } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import { sha256 } from '../adapters/sha256.ts';
import { diskError } from '../faults/disk-error.ts';
import { diskGone } from '../faults/disk-gone.ts';
import { powerCut } from '../faults/power-cut.ts';
import { installed, invariants, stepsOn, thrown } from './steps.ts';

const LATE = powerCut({ when: at('upgrade', 0.95) });

t.test('nothing but the administrator changes /etc of the layer that runs', async (t) => {
  const other = (etc: HostView['etc']): Record<string, HostView['etc']> => ({
    changed: { ...etc, '/etc/hosts': 'as the engine likes it' },
    'brought back': Object.fromEntries(
      Object.entries(etc).filter(([path]) => path !== '/etc/motd'),
    ),
  });
  for (const how of ['changed', 'brought back', 'not at all'])
    for (const verb of ['upgrade', 'refused upgrade', 'rollback'] as const) {
      let isDone = false;
      const { steps, events } = stepsOn((view) =>
        isDone ? { ...view, etc: other(view.etc)[how] ?? view.etc } : view,
      );
      await installed(steps);
      await steps.perform('write', { path: '/etc/motd', content: 'mine' });
      if (verb === 'rollback') {
        await steps.perform('upgrade', { image: { image: '1.1' } });
        await steps.perform('reboot', {});
      }
      isDone = true;
      if (verb === 'rollback') await thrown(steps.perform('rollback', {}));
      else if (verb === 'upgrade')
        await thrown(steps.perform('upgrade', { image: { image: '1.1' } }));
      else
        await thrown(steps.perform('upgrade', { image: { image: 'truncated' }, ends: 'refused' }));
      const found = events.flatMap((event) => (event.type === 'finding' ? [event.invariant] : []));
      t.equal(found.includes('etc-is-left-alone'), how !== 'not at all', `${verb}, ${how}`);
    }
});

t.test('a cut upgrade is held to the files of the layer that it was made from', async (t) => {
  for (const leaves of ['rollback', 'select'] as const) {
    const { steps } = stepsOn();
    await installed(steps);
    await steps.perform('upgrade', { image: { image: '1.1' } });
    await steps.perform('reboot', {});
    if (leaves === 'select') await steps.perform('select', { version: '1.0' });
    await steps.perform('write', { path: '/etc/of-the-one-that-ran', content: 'mine' });
    if (leaves === 'rollback') await steps.perform('rollback', {});
    await steps.perform('upgrade', { image: { image: '1.2' }, fault: LATE });
    t.equal(await thrown(steps.perform('boot', {})), null, leaves);
    t.equal(steps.lastView?.version, '1.2', 'it has come to its end');
  }
});

t.test(
  'what a cut upgrade has left stays until one ends well: another may be refused before',
  async (t) => {
    let isCut = false;
    const { steps } = stepsOn((view) => (isCut ? { ...view, orphans: ['volume left'] } : view));
    await installed(steps);
    const early = powerCut({ when: at('upgrade', 0.5) });
    await steps.perform('upgrade', { image: { image: '1.1' }, fault: early });
    isCut = true;
    await steps.perform('boot', {});
    const refused = { image: { image: 'truncated' }, ends: 'refused' } as const;
    t.equal(await thrown(steps.perform('upgrade', refused)), null);
    const error = await thrown(steps.perform('upgrade', { image: { image: '1.1' } }));
    t.equal(error?.invariant, 'no-orphans');
  },
);

t.test(
  'an upgrade that failed as its disk did may have come to its end, which a start decides',
  async (t) => {
    const { steps } = stepsOn();
    const view = (): HostView => {
      if (steps.lastView === null) throw new Error('nobody has looked');
      return steps.lastView;
    };
    await installed(steps);
    const old = view();
    await steps.perform('upgrade', { image: { image: '1.1' } });
    const switched = view();
    await steps.perform('reboot', {});
    const started = view();

    const boot = { verb: 'boot', ends: 'up' } as const;
    const lookups = { sha256, versionOf: (name: string) => name };
    const ended = (outcome: Outcome): Deed => {
      const args = { image: { image: '1.1' }, fault: diskError({ command: 'flush' }) };
      const result = { outcome, reason: null, stamp: null, content: { usr: '', rest: '' } };
      return deedOf('upgrade', args, result, lookups);
    };
    const then = (ledger: Ledger, deed: Deed, view: HostView): Ledger =>
      settle(promise(ledger, deed), deed, view);
    const broken = (ledger: Ledger, deed: Deed, view: HostView): readonly string[] => {
      const judged = { view, before: ledger.last, deed, promised: then(ledger, deed, view) };
      return invariants.filter((one) => one.broken(judged).length > 0).map(({ id }) => id);
    };
    const before = then(EMPTY_LEDGER, boot, old);
    const failed = then(before, ended('failed'), switched);
    t.same(broken(before, ended('failed'), switched), []);
    t.same(broken(failed, boot, old), [], 'the disk has not taken the menu');
    t.same(broken(failed, boot, started), [], 'it has');
    const look = { verb: 'settle' } as const;
    t.same(broken(failed, look, switched), []);
    const asked = then(failed, look, switched);
    t.same(broken(asked, boot, old), [], 'nothing but a start decides');
    t.same(broken(asked, boot, started), []);
    t.same(broken(before, ended('refused'), switched), [
      'default-as-promised',
      'refused-changes-nothing',
    ]);
  },
);

t.test('an upgrade that fails by itself leaves nothing, whatever was cut before', async (t) => {
  let hasFailed = false;
  const { steps } = stepsOn((view) => (hasFailed ? { ...view, orphans: ['volume left'] } : view));
  await installed(steps);
  const early = powerCut({ when: at('upgrade', 0.5) });
  await steps.perform('upgrade', { image: { image: '1.1' }, fault: early });
  await steps.perform('boot', {});
  hasFailed = true;
  const failing = { image: { image: 'fails-once' }, ends: 'failed' } as const;
  const error = await thrown(steps.perform('upgrade', failing));
  t.equal(error?.invariant, 'no-orphans');
});

t.test('a host whose disk was gone is looked at when it has started again', async (t) => {
  const [when, content] = [at('upgrade', 0.5), { usr: '', rest: '' }];
  const request = { command: 'write', disk: 'disk0', offset: 0, length: 1, records: 1 } as const;
  const gone = diskGone({ when, command: 'write', backAfterS: 10 });
  for (const [fault, outcome, isSeen] of [
    [gone, 'failed', false],
    [gone, 'refused', false],
    [diskError({ when, command: 'write' }), 'failed', true],
  ] as const) {
    const { steps, events } = stepsOn({
      upgrade: () =>
        Promise.resolve({
          ...{ outcome, reason: null, content },
          stamp: { fault: fault.fault, request, requests: 1 },
        }),
    });
    await installed(steps);
    await steps.perform('upgrade', { image: { image: '1.1' }, fault, ends: outcome });
    const last = events.findLast((event) => event.type === 'step.ended');
    t.equal(last?.view !== null, isSeen, `${fault.fault}, ${outcome}`);
    const early = [
      () => steps.perform('write', { path: '/etc/motd', content: '' }),
      () => steps.finish(),
      () => Promise.resolve().then(() => steps.lastView),
    ];
    for (const ask of early)
      t.equal((await thrown(ask()))?.code, isSeen ? undefined : 'story/misuse');
    await steps.perform('powerCut', {});
    await steps.perform('boot', {});
    t.equal(steps.lastView?.version, '1.0');
  }
});

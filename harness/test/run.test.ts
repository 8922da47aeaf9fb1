import { createHash } from 'node:crypto';
import t from 'tap';
import { catalogueFacts } from '../../images/facts.ts';
import { loadInvariants } from '../cli/load.ts';
import type { HostproofError } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import type { TreeContent } from '../domain/image.ts';
import type { Result } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import type { Host } from '../ports/host.ts';
import type { RunningMachine } from '../ports/machine.ts';
import { underFault } from '../run/armed-fault.ts';
import { keyTowards, menuRows } from '../run/boot-menu.ts';
import { Scope } from '../run/scope.ts';
import { Steps } from '../run/steps.ts';
import { never, notYet, waitFor, yes } from '../run/wait.ts';
import { SimulatedHost } from '../sim/host.ts';
import { fakeClock } from './fake-clock.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const images = await catalogueFacts();
const invariants = await loadInvariants();

type Spoiled = { -readonly [K in keyof Host]?: Host[K] };

/** Steps on a simulated host whose views (or verbs) are spoiled on the way. */
function stepsOn(
  spoil: Spoiled | ((view: HostView) => HostView) = {},
  clock = fakeClock(),
): { steps: Steps; events: EventBody[] } {
  const sim = new SimulatedHost({ images, sha256 });
  const host = new Proxy<Host>(sim, {
    get: (target, name) => {
      if (typeof spoil !== 'function' && name in spoil) return spoil[name as keyof Host];
      if (name === 'view' && typeof spoil === 'function') {
        return async (args: { watch: readonly string[] }) =>
          spoil(await target.view(args, {} as never));
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const events: EventBody[] = [];
  const steps = new Steps({
    job: 'test',
    host,
    clock,
    invariants,
    emit: (body) => events.push(body),
    speed: 1,
    signal: new AbortController().signal,
    sha256,
    versionOf: (name) => images.find((image) => image.name === name)?.version ?? name,
  });
  return { steps, events };
}

/** What a step was rejected with. */
const thrown = (step: Promise<unknown>): Promise<HostproofError | null> =>
  step.then(
    () => null,
    (error: unknown) => error as HostproofError,
  );

const installed = async (steps: Steps): Promise<void> => {
  await steps.perform('install', { image: { image: '1.0' } });
  await steps.perform('boot', {});
};

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

t.test('a fault that never struck is the fault of the story', async (t) => {
  const fault = { fault: 'power-cut', when: { at: 'bytes', bytes: 10 } } as const;
  const { steps } = stepsOn({
    upgrade: () =>
      Promise.resolve({
        outcome: 'done',
        reason: null,
        stamp: null,
        content: { usr: '', rest: '' },
      }),
  });
  await installed(steps);
  await t.rejects(steps.perform('upgrade', { image: { image: '1.1' }, fault }), {
    code: 'story/fault-never-struck',
  });
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

/** Each invariant that a view can break, and a host that breaks it: red, by that name. */
const BROKEN: Record<string, (view: HostView) => HostView> = {
  'entries-resolve': (view) => ({
    ...view,
    entries: view.entries.map((entry) => ({ ...entry, kernelPresent: false })),
  }),
  'default-as-promised': (view) => ({ ...view, defaultEntry: view.entries.at(-1)?.id ?? null }),
  'running-as-promised': (view) => ({ ...view, bootedLayer: view.layers[0]?.id ?? null }),
  'root-names-itself': (view) => ({
    ...view,
    layers: view.layers.map((layer) => ({ ...layer, rootOfFstab: view.layers[0]?.id ?? null })),
  }),
  'bases-unchanged': (view) => ({
    ...view,
    bases: view.bases.map((base) => ({ ...base, readOnly: false })),
  }),
  'store-is-sound': (view) => ({ ...view, damage: ['an object is missing'] }),
  'staged-is-whole': (view) => ({ ...view, staged: 'nothing that exists' }),
  'no-orphans': (view) => ({ ...view, orphans: ['volume lost'] }),
  'administrator-kept': (view) => ({ ...view, machineId: 'another' }),
  'administrator-files-kept': (view) => ({
    ...view,
    files: Object.fromEntries(Object.keys(view.files).map((path) => [path, 'other'])),
  }),
  'pool-has-room': (view) => ({ ...view, pool: { dataPercent: 85, metadataPercent: 5 } }),
  'claims-agree': (view) => ({ ...view, claim: { ...view.claim, currentLayer: 'another' } }),
  'no-failed-units': (view) => ({ ...view, failedUnits: ['x.service'] }),
};

t.test('every invariant turns red by its own name on a host that breaks it', async (t) => {
  t.same(
    [...Object.keys(BROKEN), 'bases-hold-their-images'].sort(),
    invariants.map(({ id }) => id).sort(),
    'every invariant has a broken host here',
  );
  for (const [id, spoil] of Object.entries(BROKEN)) {
    let broken = false;
    const { steps, events } = stepsOn((view) => (broken ? spoil(view) : view));
    await installed(steps);
    await steps.perform('write', { path: '/etc/motd', content: 'mine' });
    await steps.perform('upgrade', { image: { image: '1.1' } });
    broken = true;
    const error = await thrown(steps.perform('reboot', {}));
    t.equal(error?.blame, 'host', id);
    const found = events.flatMap((event) => (event.type === 'finding' ? [event.invariant] : []));
    t.ok(found.includes(id), `${id} among ${found.join(', ')}`);
  }
});

t.test('at the end of a story the bases are compared with their images', async (t) => {
  const spoiled: Spoiled = {};
  const { steps } = stepsOn(spoiled);
  await installed(steps);
  await steps.perform('upgrade', { image: { image: '1.1' } });
  const { bases } = await steps.perform('digest', {});
  const [first = '', second = ''] = Object.keys(bases);
  const end = (wrong: Result<'digest'>['bases']): Promise<HostproofError | null> => {
    spoiled.digest = () => Promise.resolve({ bases: { ...bases, ...wrong }, damage: [] });
    return thrown(steps.finish());
  };
  const content = (base: string): TreeContent => bases[base] ?? { usr: '', rest: '' };
  t.equal(await end({}), null);
  t.equal(await end({ [first]: { ...content(first), rest: 'as installed' } }), null);
  for (const wrong of [
    { [first]: { ...content(first), usr: 'other' } },
    { [second]: { ...content(second), usr: 'other' } },
    { [second]: { ...content(second), rest: 'other' } },
    { [second]: null },
  ]) {
    const error = await end(wrong);
    t.equal(error?.invariant, 'bases-hold-their-images', JSON.stringify(wrong));
  }
});

t.test('a rollback that changes nothing is found, whatever it says', async (t) => {
  const lie: Partial<Host> = { rollback: () => Promise.resolve({ outcome: 'done', reason: null }) };
  const { steps } = stepsOn(lie);
  await installed(steps);
  await steps.perform('upgrade', { image: { image: '1.1' } });
  await steps.perform('reboot', {});
  const error = await thrown(steps.perform('rollback', {}));
  t.equal(error?.invariant, 'default-as-promised');
});

t.test(
  'an upgrade that fails and leaves its volumes is told by the broken invariant, not by its failure',
  async (t) => {
    let failed = false;
    const { steps } = stepsOn((view) =>
      failed ? { ...view, orphans: ['base without a layer'] } : view,
    );
    await installed(steps);
    failed = true;
    const error = await thrown(steps.perform('upgrade', { image: { image: 'truncated' } }));
    t.equal(error?.invariant, 'no-orphans');
  },
);

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
  t.equal(keyTowards(rows, 'Reference Node 1.0'), 'down');
  t.equal(keyTowards(rows, 'Reference Node 1.1'), null);
  t.equal(keyTowards(rows, 'Reference Node 2.0'), undefined);
  t.same(menuRows(['[    1.0] GNU GRUB is not here', '| * not a menu']).length <= 1, true);
  t.same(menuRows(['Linux version 6.1']), []);
  t.end();
});

t.test('a step whose connection dies with the machine was cut, and did not fail', async (t) => {
  let bytesWritten = 0;
  let die: (error: Error) => void = () => undefined;
  const machine = {
    blockStatistics: () => Promise.resolve({ bytesWritten: (bytesWritten += 100), flushes: 0 }),
    unfit: new Promise<never>(() => undefined),
  } as unknown as RunningMachine;
  const end = await underFault(
    {
      plan: { fault: 'power-cut', when: { at: 'bytes', bytes: 250 } },
      machine,
      clock: fakeClock(),
      bytesPlanned: 1000,
      strike: async () => {
        die(new Error('the connection was lost'));
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      },
      signal: new AbortController().signal,
    },
    () => new Promise((_, reject) => (die = reject)),
  );
  t.same(end, { stamp: { fault: 'power-cut', bytesWritten: 300, bytesPlanned: 1000 } });
});

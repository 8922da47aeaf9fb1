import t from 'tap';
import type { Judgement } from '../checks/invariant.ts';
import { deedOf } from '../domain/deed.ts';
import type { HostproofError } from '../domain/errors.ts';
import type { UpgradeFault } from '../domain/fault.ts';
import { at } from '../domain/moment.ts';
import type { TreeContent } from '../domain/image.ts';
import { EMPTY_LEDGER, promise, type Ledger } from '../domain/promise.ts';
import type { Outcome, Result } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import { sha256 } from '../adapters/sha256.ts';
import { diskError } from '../faults/disk-error.ts';
import { diskGone } from '../faults/disk-gone.ts';
import { flushLost } from '../faults/flush-lost.ts';
import { powerCut } from '../faults/power-cut.ts';
import type { Host } from '../ports/host.ts';
import { installed, invariants, stepsOn, thrown, type Spoiled } from './steps.ts';

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
  'etc-is-merged': (view) => ({ ...view, etc: { ...view.etc, '/etc/hosts': 'other' } }),
  'menu-is-switched': (view) => ({ ...view, menu: view.menu && { ...view.menu, sha256: 'other' } }),
  'no-orphans': (view) => ({ ...view, orphans: ['volume lost'] }),
  'administrator-kept': (view) => ({ ...view, machineId: 'another' }),
  'administrator-files-kept': (view) => ({
    ...view,
    files: Object.fromEntries(Object.keys(view.files).map((path) => [path, 'other'])),
  }),
  'administrator-packages-kept': (view) => ({
    ...view,
    layers: view.layers.map((layer) => ({ ...layer, packages: [] })),
  }),
  'update-is-marked': (view) => ({
    ...view,
    layers: view.layers.map((layer) => ({ ...layer, database: { update: null } })),
  }),
  'pool-has-room': (view) => ({ ...view, pool: { dataPercent: 85, metadataPercent: 5 } }),
  'boot-has-room': (view) => ({
    ...view,
    space: { ...view.space, boot: { usedMiB: 81, sizeMiB: 100 } },
  }),
  'claims-agree': (view) => ({ ...view, claim: { ...view.claim, currentLayer: 'another' } }),
  'older-layer-offered': (view) => ({
    ...view,
    entries: view.entries.filter(({ layer }) => layer === view.bootedLayer),
  }),
  'no-failed-units': (view) => ({ ...view, failedUnits: [{ unit: 'x.service', said: 'x\n' }] }),
};

/** Told by what an upgrade does, in tests of their own. */
const OF_UPGRADES = ['bases-hold-their-images', 'refused-changes-nothing', 'etc-is-left-alone'];

t.test('every invariant turns red by its own name on a host that breaks it', async (t) => {
  t.same(
    [...Object.keys(BROKEN), ...OF_UPGRADES].sort(),
    invariants.map(({ id }) => id).sort(),
    'every invariant has a broken host here',
  );
  for (const [id, spoil] of Object.entries(BROKEN)) {
    let broken = false;
    const { steps, events } = stepsOn((view) => (broken ? spoil(view) : view));
    await installed(steps);
    await steps.perform('write', { path: '/etc/motd', content: 'mine' });
    await steps.perform('installPackage', { name: 'admin-tool' });
    await steps.perform('upgrade', { image: { image: '1.1' } });
    broken = true;
    const error = await thrown(steps.perform('reboot', {}));
    t.equal(error?.blame, 'host', id);
    const found = events.flatMap((event) => (event.type === 'finding' ? [event.invariant] : []));
    t.ok(found.includes(id), `${id} among ${found.join(', ')}`);
  }
});

t.test('a tool that claims nothing does not agree with what the host is', async (t) => {
  const silent = { defaultLayer: null, currentLayer: null };
  const { steps, events } = stepsOn((view) => ({ ...view, claim: silent }));
  t.equal((await thrown(installed(steps)))?.invariant, 'claims-agree');
  const found = events.filter((event) => event.type === 'finding');
  t.match(found, [{ message: /the tool claims the default none, it is / }, {}]);
});

t.test(
  'an image that has come to agree with the administrator has lost nothing of his',
  async (t) => {
    let isUpgraded = false;
    let content = '';
    const { steps } = stepsOn((view) => {
      if (!isUpgraded) return view;
      const { '/etc/motd': _motd, ...etc } = view.etc;
      return { ...view, etc, files: { ...view.files, ...(content && { '/etc/motd': content }) } };
    });
    await installed(steps);
    await steps.perform('write', { path: '/etc/motd', content: 'mine' });
    await steps.perform('upgrade', { image: { image: '1.1' } });
    isUpgraded = true;
    t.equal(await thrown(steps.perform('reboot', {})), null, 'as he left it');
    content = 'of the image';
    t.equal((await thrown(steps.perform('reboot', {})))?.blame, 'host', 'not as he left it');
  },
);

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

t.test('what a failing disk kept an upgrade from removing stays until another has ended', (t) => {
  const error = diskError({ when: at('upgrade', 0.5), command: 'write' });
  const lookups = { sha256, versionOf: (name: string) => name };
  const after = (outcome: Outcome, fault?: UpgradeFault, before = EMPTY_LEDGER): Ledger => {
    const args = { image: { image: '1.1' }, ...(fault && { fault }) };
    const result = { outcome, reason: null, stamp: null, content: { usr: '', rest: '' } };
    return promise(before, deedOf('upgrade', args, result, lookups));
  };
  const isJudged = (ledger: Ledger): boolean => {
    const view = { orphans: ['base without a layer'] } as Partial<HostView> as HostView;
    const broken = noOrphans?.broken({ view, promised: ledger } as Judgement) ?? [];
    return broken.length > 0;
  };
  const noOrphans = invariants.find(({ id }) => id === 'no-orphans');
  t.notOk(isJudged(after('failed', error)));
  t.notOk(isJudged(after('failed', diskGone({ backAfterS: 30 }))));
  t.ok(isJudged(after('done', undefined, after('failed', error))), 'which takes them away');
  t.ok(isJudged(after('done', error)));
  t.ok(isJudged(after('failed')), 'nothing kept it');
  t.ok(isJudged(after('failed', flushLost({ when: at('upgrade', 0.5) }))), 'it cannot know');
  t.end();
});

t.test('an upgrade that is refused and has changed something all the same', async (t) => {
  const more = (view: HostView): Record<string, HostView> => ({
    layers: { ...view, layers: [...view.layers, ...view.layers] },
    bases: { ...view, bases: [] },
    entries: { ...view, entries: [...view.entries, ...view.entries] },
  });
  for (const what of ['layers', 'bases', 'entries', null]) {
    let isRefused = false;
    const { steps, events } = stepsOn((view) =>
      isRefused && what !== null ? (more(view)[what] ?? view) : view,
    );
    await installed(steps);
    isRefused = true;
    const upgrade = { image: { image: 'truncated' }, ends: 'refused' } as const;
    const error = await thrown(steps.perform('upgrade', upgrade));
    t.equal(error?.blame, what === null ? undefined : 'host');
    const found = events.flatMap((event) => (event.type === 'finding' ? [event.message] : []));
    t.equal(
      found.some((message) => message.includes(`${what ?? ''}: were`)),
      what !== null,
    );
  }
});

t.test('a host whose new layer is not well goes back to the older one for good', async (t) => {
  const { steps } = stepsOn();
  await installed(steps);
  await steps.perform('upgrade', { image: { image: 'unhealthy' } });
  await steps.perform('reboot', { ends: 'fallback' });
  t.equal((await steps.perform('view', {})).version, '1.0');
  await steps.perform('reboot', {});
  t.equal((await steps.perform('view', {})).version, '1.0');
  const well = await thrown(steps.perform('reboot', { ends: 'fallback' }));
  t.equal(well?.blame, 'host', 'one that is well stays where it is');
});

t.test('a host that goes back may take the time of all its starts', async (t) => {
  const { steps, events } = stepsOn();
  await installed(steps);
  await steps.perform('upgrade', { image: { image: 'unhealthy' } });
  await steps.perform('reboot', { ends: 'fallback' });
  const limits = events.flatMap((event) =>
    event.type === 'step.started' ? [[event.verb, event.limitMs]] : [],
  );
  const limit = (verb: string): unknown => limits.findLast(([name]) => name === verb)?.[1];
  t.equal(limit('reboot'), 3 * 360_000);
  t.equal(limit('boot'), 300_000);
});

t.test(
  'the power of a host that is off can go, too, but not that of one that is not there',
  async (t) => {
    const { steps } = stepsOn();
    t.equal((await thrown(steps.perform('powerCut', {})))?.code, 'story/misuse');
    await installed(steps);
    await steps.perform('powerOff', {});
    await steps.perform('powerCut', {});
    t.equal(await thrown(steps.perform('boot', {})), null);
  },
);

t.test('a host that goes back and keeps the new layer as its default', async (t) => {
  let isBack = false;
  const { steps, events } = stepsOn((view) =>
    isBack ? { ...view, defaultEntry: view.entries[0]?.id ?? null } : view,
  );
  await installed(steps);
  await steps.perform('upgrade', { image: { image: 'unhealthy' } });
  isBack = true;
  await thrown(steps.perform('reboot', { ends: 'fallback' }));
  const found = events.flatMap((event) => (event.type === 'finding' ? [event.invariant] : []));
  t.ok(found.includes('default-as-promised'));
});

t.test('of a service that has failed the last thing it said is told', async (t) => {
  const failed = [{ unit: 'x.service', said: 'Starting X...\n  no such device\n\n' }];
  const { steps, events } = stepsOn((view) => ({ ...view, failedUnits: failed }));
  t.equal((await thrown(installed(steps)))?.blame, 'host');
  const messages = events.flatMap((event) => (event.type === 'finding' ? [event.message] : []));
  t.match(messages, [/x\.service has failed: no such device$/]);
});

t.test('an upgrade that was cut and came to its end is judged like any other', async (t) => {
  const late = powerCut({ when: at('upgrade', 0.9) });
  const ids = ['administrator-files-kept', 'administrator-packages-kept'];
  for (const id of ['nothing', 'etc-is-merged', 'update-is-marked', ...ids]) {
    const spoil = BROKEN[id] ?? ((view) => view);
    let isCut = false;
    const { steps, events } = stepsOn((view) => (isCut ? spoil(view) : view));
    await installed(steps);
    await steps.perform('write', { path: '/etc/motd', content: 'mine' });
    await steps.perform('installPackage', { name: 'admin-tool' });
    await steps.perform('upgrade', { image: { image: '1.1' }, fault: late });
    isCut = true;
    const error = await thrown(steps.perform('boot', {}));
    t.equal(steps.lastView?.version, '1.1', 'the new layer is the default after all');
    t.equal(error?.blame, id === 'nothing' ? undefined : 'host', id);
    const found = events.flatMap((event) => (event.type === 'finding' ? [event.invariant] : []));
    t.equal(found.includes(id), id !== 'nothing', `${id} among ${found.join(', ')}`);
  }
});

import t from 'tap';
import noFailedUnits from '../checks/invariants/no-failed-units.ts';
import noOrphans from '../checks/invariants/no-orphans.ts';
import runningAsPromised from '../checks/invariants/running-as-promised.ts';
import { deedOf, type Deed } from '../domain/deed.ts';
import type { DiskFault } from '../domain/fault.ts';
import { EMPTY_LEDGER, promise, settle, type Ledger } from '../domain/promise.ts';
import { defaultLayer, menuLayer, type HostView } from '../domain/view.ts';
import { diskError, diskGone, diskSlow } from '../scenario.ts';

const layer = (id: string, version: string): HostView['layers'][number] => {
  return { id, version, base: id, packages: [], database: null, rootOfFstab: id };
};

/** A host that runs `old`, with `new` staged for the next start. */
const view: HostView = {
  ...{ layout: 'ostree', bootId: 'b', bootedLayer: 'old', version: '1.0', kernelArguments: [] },
  defaultEntry: 'first',
  entries: [
    {
      ...{ id: 'first', title: 'Old', layer: 'old', arguments: [] },
      ...{ kernelPresent: true, initramfsPresent: true, rootPresent: true },
    },
  ],
  layers: [layer('old', '1.0'), layer('new', '1.1')],
  ...{ menu: null, etc: {}, shared: ['/var'] },
  space: { boot: { usedMiB: 1, sizeMiB: 9 }, layers: { usedMiB: 1, sizeMiB: 9 } },
  staged: 'new',
  ...{ bases: [], orphans: [], damage: [], pool: null, machineId: 'm', hostKeys: [], users: [] },
  ...{ failedUnits: [], files: {}, claim: { defaultLayer: null, currentLayer: null } },
};

const done = {
  verb: 'upgrade',
  outcome: 'done',
  version: '1.1',
  content: {},
  isOrderly: true,
} as const;

function upgraded(): Ledger {
  const before = settle(EMPTY_LEDGER, { verb: 'boot', ends: 'up' }, { ...view, staged: null });
  return settle(promise(before, done), done, view);
}

t.test('a file is promised to its layer, or to all where they share what is there', (t) => {
  const seen = settle(EMPTY_LEDGER, { verb: 'boot', ends: 'up' }, { ...view, staged: null });
  const write = (path: string): Ledger => promise(seen, { verb: 'write', path, sha256: 'x' });
  t.same(write('/root/file').filesByLayer, { old: { '/root/file': 'x' } });
  t.same(write('/root/file').sharedFiles, {});
  t.same(write('/var/file').filesByLayer, {});
  t.same(write('/var/file').sharedFiles, { '/var/file': 'x' });
  t.same(write('/variable').sharedFiles, {});
  t.end();
});

t.test('a file of which each layer has its own is promised to the layer it was written in', (t) => {
  const seen = settle(EMPTY_LEDGER, { verb: 'boot', ends: 'up' }, { ...view, staged: null });
  const written = ['/etc/fstab', '/etc/motd'].reduce(
    (ledger, path) => promise(ledger, { verb: 'write', path, sha256: 'x' }),
    seen,
  );
  const { filesByLayer } = settle(promise(written, done), done, view);
  t.same(filesByLayer.old, { '/etc/fstab': 'x', '/etc/motd': 'x' });
  t.same(filesByLayer.new, { '/etc/motd': 'x' }, 'its root is another');
  t.end();
});

t.test('what is staged is what the next orderly start leads to', (t) => {
  t.equal(defaultLayer(view), 'new');
  t.equal(menuLayer(view), 'old');
  const ledger = upgraded();
  t.equal(ledger.promisedDefault, 'new');
  t.equal(promise(ledger, { verb: 'reboot', ends: 'up' }).promisedRunning, 'new');
  t.end();
});

t.test('a power cut takes what was only staged', (t) => {
  const cut = promise(upgraded(), { verb: 'powerCut' });
  t.equal(cut.promisedDefault, 'old');
  t.equal(promise(cut, { verb: 'boot', ends: 'up' }).promisedRunning, 'old');
  const finalised = settle(upgraded(), { verb: 'boot', ends: 'up' }, { ...view, staged: null });
  t.equal(promise(finalised, { verb: 'powerCut' }).promisedDefault, 'new', 'and nothing else');
  t.end();
});

t.test(
  'what a power cut leaves of what was staged lies about until another upgrade has ended',
  (t) => {
    const left = {
      ...view,
      staged: null,
      layers: [layer('old', '1.0')],
      orphans: ['deployment new'],
    };
    const start = { verb: 'boot', ends: 'up' } as const;
    const isJudged = (ledger: Ledger): boolean => {
      const promised = settle(ledger, start, left);
      return noOrphans.broken({ view: left, before: null, deed: start, promised }).length > 0;
    };
    const cut = promise(upgraded(), { verb: 'powerCut' });
    t.notOk(isJudged(promise(cut, start)));
    t.ok(isJudged(promise(cut, done)), 'which takes it away');
    t.ok(isJudged(promise(upgraded(), { verb: 'reboot', ends: 'up' })), 'nothing kept it');
    t.end();
  },
);

t.test('what was made on the way down is not lost with the power of the next start', (t) => {
  const down = [
    promise(upgraded(), { verb: 'powerOff', isCut: false }),
    promise(upgraded(), { verb: 'reboot', ends: 'panic' }),
    promise(upgraded(), { verb: 'select', version: '1.0' }),
  ];
  const cut = { verb: 'powerCut' } as const;
  t.same(
    down.map((ledger) => promise(ledger, cut).promisedDefault),
    ['new', 'new', 'new'],
  );
  const twice = promise(promise(upgraded(), cut), cut);
  t.equal(twice.promisedDefault, 'old');
  t.end();
});

t.test('what a power cut on the way down leaves is the old layer, or the new one', (t) => {
  const cut = promise(upgraded(), { verb: 'powerOff', isCut: true });
  t.equal(cut.promisedDefault, 'old');
  t.equal(cut.interrupted, '1.1');
  const start = { verb: 'boot', ends: 'up' } as const;
  const after = (menu: string): Ledger =>
    settle(promise(cut, start), start, {
      ...{ ...view, staged: null, bootedLayer: menu },
      entries: view.entries.filter(({ layer }) => layer === menu),
    });
  t.equal(after('old').promisedDefault, 'old');
  const still = promise(after('old'), { verb: 'powerOff', isCut: true });
  t.equal(still.promisedDefault, 'old', 'there is nothing to be made any more');
  t.end();
});

t.test('what is staged may not be made when the disk fails on the way down', (t) => {
  const reboot = { verb: 'reboot', ends: 'up' } as const;
  const failing = promise(upgraded(), { ...reboot, hindrance: 'failing' });
  const { promisedRunning, interrupted, mayHaveLeft, mayBeUnmade } = failing;
  t.same([promisedRunning, interrupted, mayHaveLeft, mayBeUnmade], ['old', '1.1', true, true]);
  t.equal(promise(upgraded(), reboot).mayBeUnmade, false, 'and must be otherwise');
  const nothing = { ...upgraded(), isStaged: false };
  const down = promise(nothing, { ...reboot, hindrance: 'failing' });
  t.same([down.promisedRunning, down.mayBeUnmade], ['new', false], 'nothing is lost of nothing');
  t.end();
});

t.test('a rollback that is done says what starts next, whatever was interrupted before', (t) => {
  const made = { ...view, staged: null, bootedLayer: 'new', version: '1.1' };
  const went = { ...made, bootedLayer: 'old', version: '1.0' };
  const restart = { verb: 'reboot', ends: 'up' } as const;
  const failing = { ...restart, hindrance: 'failing' } as const;
  const back = { verb: 'rollback', outcome: 'done', to: null } as const;
  const onNew = settle(promise(upgraded(), failing), failing, made);
  t.equal(onNew.interrupted, '1.1');
  const promised = promise(settle(promise(onNew, back), back, made), restart);
  const broken = (now: HostView): readonly string[] =>
    runningAsPromised.broken({ view: now, before: made, deed: restart, promised });
  t.same(broken(went), []);
  t.same(broken(made), ['running is new, promised is old']);
  t.end();
});

t.test('a cut on the way down of a host that has no room leaves what it has said of that', (t) => {
  const full = promise(upgraded(), { verb: 'fill', where: '/boot' });
  t.ok(promise(full, { verb: 'powerOff', isCut: true }).mayBeUnmade);
  t.notOk(promise(upgraded(), { verb: 'powerOff', isCut: true }).mayBeUnmade);
  t.end();
});

t.test('the disk of a restart is a hindrance when it fails, and not when it is slow', (t) => {
  const lookups = { sha256: (text: string) => text, versionOf: (image: string) => image };
  const deed = (fault: DiskFault): Deed => deedOf('reboot', { fault }, { ends: 'up' }, lookups);
  const [verb, ends] = ['reboot', 'up'];
  t.same(deed(diskError({ command: 'write' })), { verb, ends, hindrance: 'failing' });
  t.same(deed(diskGone({ backAfterS: 5 })), { verb, ends, hindrance: 'gone' });
  t.same(deed(diskSlow({ ms: 300 })), { verb, ends });
  t.end();
});

t.test('what is staged may not be made when its room in /boot was taken after that', (t) => {
  const fill = { verb: 'fill', where: '/boot' } as const;
  const reboot = { verb: 'reboot', ends: 'up' } as const;
  const after = (...deeds: Parameters<typeof promise>[1][]): Partial<Ledger> => {
    const { promisedRunning, interrupted, mayHaveLeft } = deeds.reduce(promise, upgraded());
    return { promisedRunning, interrupted, mayHaveLeft };
  };
  const made = { promisedRunning: 'new', interrupted: null, mayHaveLeft: false };
  const orNot = { promisedRunning: 'old', interrupted: '1.1', mayHaveLeft: true };
  t.same(after(fill, reboot), orNot);
  t.same(after(fill, { verb: 'remove', path: '/boot/filler' }, reboot), made, 'given back');
  t.same(after({ verb: 'fill', where: '/var' }, reboot), made, 'elsewhere');
  const before = { ...upgraded(), isStaged: false };
  const measured = settle(promise(promise(before, fill), done), done, view);
  t.equal(promise(measured, reboot).promisedRunning, 'new', 'measured when it was staged');
  const beside = { ...done, filled: '/boot' } as const;
  const taken = settle(promise(before, beside), beside, view);
  t.equal(promise(taken, reboot).promisedRunning, 'old', 'taken while it was staged');
  const again = settle(promise(promise(upgraded(), fill), done), done, view);
  t.equal(promise(again, reboot).promisedRunning, 'new', 'another, which had room');
  t.end();
});

t.test('that a host says so is no failure of it', (t) => {
  const start = { verb: 'reboot', ends: 'up' } as const;
  const unit = (name: string) => ({ unit: `${name}.service`, said: '' });
  const failed = (...names: string[]): HostView => ({
    ...{ ...view, staged: null, failedUnits: names.map(unit) },
  });
  const found = (ledger: Ledger, seen: HostView, before: HostView | null): readonly string[] =>
    noFailedUnits.broken({
      view: seen,
      before,
      deed: start,
      promised: settle(ledger, start, seen),
    });
  const crowded = promise(upgraded(), { verb: 'fill', where: '/boot' });
  const unmade = promise(crowded, start);
  const said = failed('ostree-boot-complete');
  t.same(found(unmade, said, null), []);
  t.same(found(unmade, failed('other'), null), ['other.service has failed']);
  const made = promise(upgraded(), start);
  t.same(found(made, said, null), ['ostree-boot-complete.service has failed'], 'for no reason');
  const cut = promise(promise(upgraded(), { verb: 'powerCut' }), start);
  t.not(found({ ...cut, interrupted: '1.1' }, said, null).length, 0, 'nor by a cut');
  t.same(found(made, said, said), [], 'it stays until the next start');
  t.not(found(made, { ...said, bootId: 'c' }, said).length, 0);
  t.end();
});

t.test('a polite restart in an upgrade makes on the way what an earlier one has staged', (t) => {
  const again = {
    verb: 'upgrade',
    outcome: 'cut',
    version: '1.2',
    content: {},
  } as const;
  t.equal(promise(upgraded(), { ...again, isOrderly: true }).promisedDefault, 'new');
  t.equal(promise(upgraded(), { ...again, isOrderly: false }).promisedDefault, 'old');
  t.end();
});

t.test('what is written after staging goes to the staged layer, too', (t) => {
  const written = promise(upgraded(), { verb: 'write', path: '/etc/late', sha256: 'x' });
  t.same(written.filesByLayer['old'], { '/etc/late': 'x' });
  t.same(written.filesByLayer['new'], { '/etc/late': 'x' });
  t.end();
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import storeIsSound from '../checks/invariants/store-is-sound.ts';
import { probeSchema, statusLines, viewOf, type Probe } from '../layouts/ostree-probe.ts';

/** What the probe printed on a host that had been upgraded from 1.0 to 1.1 and runs 1.1. */
const recorded = probeSchema.parse(
  JSON.parse(
    readFileSync(join(import.meta.dirname, 'fixtures/ostree-probe.json'), 'utf8'),
  ) as unknown,
);
const [newer, older] = recorded.entries.map(({ deployment }) => deployment) as [string, string];
const commit = (deployment: string): string => deployment.replace(/\.\d+$/, '');
const view = (change: Partial<Probe> = {}): ReturnType<typeof viewOf> =>
  viewOf({ ...recorded, ...change }, {});

t.test('a host with two deployments', (t) => {
  const seen = view();
  t.equal(seen.bootedLayer, newer);
  t.same(
    seen.layers.map(({ version }) => version),
    ['1.0', '1.1'],
    'the oldest first',
  );
  t.same(
    seen.layers.map(({ id, base, rootOfFstab }) => [id, base, rootOfFstab]),
    [older, newer].map((id) => [id, commit(id), id]),
  );
  t.same(
    seen.entries.map(({ id, title, layer }) => [id, title, layer]),
    [
      ['ostree-2-reference-node', 'Reference Node 1.1 (hostproof)', newer],
      ['ostree-1-reference-node', 'Reference Node 1.0 (hostproof)', older],
    ],
    'titles without the number that libostree changes',
  );
  t.ok(seen.entries.every((e) => e.kernelPresent && e.initramfsPresent && e.rootPresent));
  t.equal(seen.defaultEntry, 'ostree-2-reference-node');
  t.same(seen.claim, { defaultLayer: newer, currentLayer: newer });
  t.same([seen.staged, seen.orphans, seen.damage, seen.pool], [null, [], [], null]);
  t.ok(seen.bases.every(({ readOnly, identity }) => readOnly && identity === ''));
  t.end();
});

t.test('the older layer is the one of the lower version, whenever its directory was made', (t) => {
  const versions = (...list: string[]): string[] => {
    const deployments = recorded.deployments.map((one, index) => ({
      ...one,
      osReleaseVersionId: list[index] ?? '',
    }));
    return view({ deployments }).layers.map(({ version }) => version);
  };
  t.same(versions('1.2', '1.1'), ['1.1', '1.2']);
  t.same(versions('1.10', '1.9'), ['1.9', '1.10']);
  t.same(versions('1.1.2', '1.1'), ['1.1', '1.1.2']);
  const [first] = recorded.deployments;
  if (first === undefined) throw new Error('two deployments were recorded');
  const names = ['10', '9'].map((serial) => `${commit(first.name)}.${serial}`);
  const deployments = names.map((name) => ({ ...first, name }));
  const entries = recorded.entries.map((entry, index) => ({
    ...entry,
    deployment: names[index] ?? '',
  }));
  t.same(
    view({ deployments, entries }).layers.map(({ id }) => id),
    names.toReversed(),
    'of one commit that was deployed twice, the one of the lower serial number',
  );
  t.end();
});

t.test('trees that an administrator lays over /usr are packages, seen in what runs', (t) => {
  const packages = (isSeen: boolean): unknown =>
    view({ extensions: [{ name: 'tool', isSeen }] }).layers.map((layer) => layer.packages);
  t.same(packages(true), [['tool'], ['tool']]);
  t.same(packages(false), [['tool'], []], 'not all of its files are what is there');
  t.end();
});

t.test('what is staged is a layer that no entry leads to yet', (t) => {
  const entries = recorded.entries.filter(({ deployment }) => deployment === older);
  const staged = { isStaged: true, staged: [commit(newer), commit(older)] };
  const specified = entries.map(({ id }) => id);
  const kernels = recorded.kernels.filter((name) => entries[0]?.options.includes(name.slice(-64)));
  const seen = view({ ...staged, entries, specified, kernels, booted: older });
  t.equal(seen.staged, newer);
  t.equal(seen.layers.length, 2);
  t.same([seen.orphans, seen.damage], [[], []]);
  const lost = recorded.deployments.filter(({ name }) => name === older);
  const half = view({ ...staged, entries, specified, kernels, deployments: lost });
  t.not(half.layers.map(({ id }) => id).includes(half.staged ?? ''), true, 'half of it is seen');
  t.end();
});

t.test('what is wrong with a host is seen', (t) => {
  const [first, second] = recorded.entries;
  if (first === undefined || second === undefined) throw new Error('two entries were recorded');
  const astray = view({ entries: [{ ...first, deployment: '' }, second] });
  t.match(astray.entries[0], { layer: null, rootPresent: false });
  t.match(astray.orphans, [`deployment ${newer}, which nothing leads to`]);

  const other = view({ entries: [{ ...first, initrdIsTheDeployments: false }, second] });
  t.match(other.damage, [/initramfs is not the one of/]);
  t.match(view({ specified: ['ostree-1-reference-node'] }).damage, [/specified are ostree-1/]);
  t.match(view({ menuLink: '' }).damage, [/grub.cfg leads to nothing, not to/]);
  t.match(view({ kernels: [...recorded.kernels, 'reference-node-0'] }).orphans, [/no entry uses/]);

  const deployments = recorded.deployments.map((one) => {
    return { ...one, hasCommit: false, isPartial: true, written: 'usr/bin/sh ' };
  });
  const spoiled = view({ deployments });
  t.equal(spoiled.damage.length, 4);
  t.ok(spoiled.bases.every(({ identity }) => identity !== ''));
  const deed = { verb: 'digest', bases: {}, damage: ['ostree fsck: x'] } as const;
  const judged = { view: view(), before: null, deed, promised: {} as never };
  t.same(storeIsSound.broken(judged), ['ostree fsck: x']);

  const fstab = recorded.deployments.map((one) => ({ ...one, fstabRoot: 'UUID=another' }));
  t.ok(view({ deployments: fstab }).layers.every(({ rootOfFstab }) => rootOfFstab === null));
  t.end();
});

t.test('the lines of the status', (t) => {
  const sum = 'a'.repeat(64);
  const status = `  os ${sum}.1 (staged)\n    Version: 1.1\n* os ${sum}.0\n    origin refspec: x:y\n`;
  t.same(statusLines(status), [
    { name: `${sum}.1`, isBooted: false },
    { name: `${sum}.0`, isBooted: true },
  ]);
  t.end();
});

import t from 'tap';
import { probeSchema, viewOf, volumeOf } from '../layouts/thin-probe.ts';

const volume = (name: string, origin: string, readOnly: boolean, ...tags: string[]) => ({
  ...{ name, origin, readOnly, tags: tags.map((tag) => `imgbased:${tag}`) },
  ...{ uuid: name, thinId: 1, dataPercent: 1, headSha256: 'x' },
});

const packages = ['host-provides', 'reference-node-image-update', 'admin-tool', 'kmod'].map(
  (name) => ({ name, version: '1.0' }),
);

const probe = (volumes: readonly object[], roots: readonly string[]) =>
  probeSchema.parse({
    ...{ bootId: 'b', cmdline: 'rw', rootDevice: '/dev/mapper/onn-n--1.0--1+1', machineId: 'm' },
    ...{ osRelease: { versionId: '1.0' }, hostKeys: [], users: [], failedUnits: [], bootDirs: [] },
    ...{ bootDefault: 'n-1.0-1+1', nodectl: 'x' },
    pool: { sizeBytes: 2 ** 30, dataPercent: 1, metadataPercent: 1 },
    space: [{ freeBytes: 2 ** 20, sizeBytes: 3 * 2 ** 20 }],
    ...{ menu: { file: '1:2:3', sha256: 'x' }, etc: [{ path: 'motd', now: null }] },
    layers: [
      {
        ...{ name: 'n-1.0-1+1', fstabRoot: '/dev/onn/n-1.0-1+1', osReleaseVersionId: '1.0' },
        ...{ packages, missingFiles: ['kmod /lib/x.ko'] },
      },
    ],
    bootMenu: roots,
    entries: roots.map((root) => ({
      ...{ id: root, title: root, linuxExists: true, initrdExists: true },
      options: `root=/dev/onn/${root} rw`,
    })),
    volumes: [
      volume('n-1.0-1', '', true, 'base'),
      volume('n-1.0-1+1', 'n-1.0-1', false, 'layer'),
      ...volumes,
    ],
  });

t.test('device names lead to volumes', (t) => {
  t.equal(volumeOf('/dev/onn/n-1.0-1+1'), 'n-1.0-1+1');
  t.equal(volumeOf('/dev/mapper/onn-n--1.0--1+1'), 'n-1.0-1+1');
  t.equal(volumeOf('/dev/vda1'), null);
  t.end();
});

t.test('what a cut upgrade left is neither base nor layer, and is named as left behind', (t) => {
  const view = viewOf(
    probe([volume('n-1.1-1', '', false, 'base', 'incomplete')], ['n-1.0-1+1']),
    {},
  );
  t.equal(view.bootedLayer, 'n-1.0-1+1');
  t.same(
    view.bases.map(({ id }) => id),
    ['n-1.0-1'],
  );
  t.same(
    view.layers.map(({ id }) => id),
    ['n-1.0-1+1'],
  );
  t.same(view.orphans, ['volume n-1.1-1, not complete']);
  t.end();
});

t.test(
  'a volume that nothing describes, and a layer that nobody can boot, are left behind',
  (t) => {
    const left = [
      volume('n-1.1-1', '', false),
      volume('n-1.2-1', '', true, 'base'),
      volume('n-1.2-1+1', 'n-1.2-1', false, 'layer'),
      ...['swap', 'var', 'my-data', 'db-2'].map((name) => volume(name, '', false)),
    ];
    t.same(viewOf(probe(left, ['n-1.0-1+1']), {}).orphans, [
      'volume n-1.1-1, of which nothing says what it is',
      'layer n-1.2-1+1, which is not in the menu',
    ]);
    t.same(viewOf(probe([], []), {}).orphans, [], 'the one that runs can be booted');
    t.end();
  },
);

t.test('layers are in the order in which they were made, as the pool counts', (t) => {
  const made = [
    { ...volume('n-1.2-1+1', '', false, 'layer'), thinId: 12 },
    { ...volume('n-1.1-1+1', '', false, 'layer'), thinId: 9 },
  ];
  t.same(
    viewOf(probe(made, []), {}).layers.map(({ id }) => id),
    ['n-1.0-1+1', 'n-1.1-1+1', 'n-1.2-1+1'],
  );
  t.end();
});

t.test('a layer in the menu is a layer, even if the tag was not taken off any more', (t) => {
  const made = [
    volume('n-1.1-1', '', true, 'base', 'incomplete'),
    volume('n-1.1-1+1', 'n-1.1-1', false, 'layer', 'incomplete'),
  ];
  const view = viewOf(probe(made, ['n-1.1-1+1', 'n-1.0-1+1']), {});
  t.same(
    view.bases.map(({ id }) => id),
    ['n-1.0-1', 'n-1.1-1'],
  );
  t.same(
    view.layers.map(({ id }) => id),
    ['n-1.0-1+1', 'n-1.1-1+1'],
  );
  t.same(view.orphans, []);
  t.end();
});

t.test('what GRUB offers is what its menu has, whatever is specified beside it', (t) => {
  const seen = probe([], ['n-1.0-1+1', 'n-1.1-1+1']);
  const view = viewOf({ ...seen, bootMenu: ['n-1.0-1+1', 'gone'] }, {});
  t.match(view.entries, [
    { id: 'n-1.0-1+1', layer: 'n-1.0-1+1', kernelPresent: true },
    { id: 'gone', layer: null, kernelPresent: false, initramfsPresent: false },
  ]);
  t.match(view.orphans, ['boot entry n-1.1-1+1, which is not in the menu']);
  t.end();
});

t.test("an administrator's own boot entry is nobody's remains, in the menu and before", (t) => {
  const seen = probe([], ['n-1.0-1+1']);
  const rescue = { ...{ id: 'rescue', title: 'Rescue', linuxExists: true, initrdExists: true } };
  const entries = [...seen.entries, { ...rescue, options: 'rescue $more' }];
  const before = viewOf({ ...seen, entries }, {});
  t.same(before.orphans, []);
  t.equal(before.entries.length, 1);
  const after = viewOf({ ...seen, entries, bootMenu: ['n-1.0-1+1', 'rescue'] }, {});
  t.match(after.entries[1], { id: 'rescue', layer: null, rootPresent: true, kernelPresent: true });
  const astray = { ...rescue, options: 'root=/dev/onn/gone' };
  const lost = { ...seen, entries: [astray], bootMenu: ['rescue'] };
  t.match(viewOf(lost, {}).entries[0], { rootPresent: false }, 'a root that is named must exist');
  t.end();
});

t.test('space is that of /boot and of the pool', (t) => {
  t.same(viewOf(probe([], ['n-1.0-1+1']), {}).space, {
    boot: { usedMiB: 2, sizeMiB: 3 },
    layers: { usedMiB: 10, sizeMiB: 1024 },
  });
  t.end();
});
t.test(
  'packages are those beside the image, with all their files, and the update is named',
  (t) => {
    const [layer] = viewOf(probe([], []), {}).layers;
    t.same(layer?.packages, ['admin-tool'], 'a file of the other is missing');
    t.equal(layer?.database?.update, '1.0');
    t.end();
  },
);

t.test('of a pool that has failed nothing is told', (t) => {
  const sound = probe([], ['n-1.0-1+1']);
  const failed = {
    ...sound,
    pool: { sizeBytes: 2 ** 30, dataPercent: null, metadataPercent: null },
  };
  t.throws(() => viewOf(probeSchema.parse(failed), {}), {
    ...{ code: 'host/never', message: 'the thin pool has failed, until the host starts again' },
  });
  t.end();
});

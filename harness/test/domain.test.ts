import t from 'tap';
import { ERROR_CODES, HostproofError, isDiskFull } from '../domain/errors.ts';
import { canonical } from '../domain/json.ts';
import { nearest, unknownName } from '../domain/nearest.ts';
import { cases, hunts, plan, type NamedScenario } from '../domain/plan.ts';
import type { ScenarioData } from '../domain/scenario.ts';
import { deriveSeed, prng } from '../domain/prng.ts';
import { exitCode, gravest } from '../domain/verdict.ts';
import { administratorArguments } from '../domain/view.ts';
import { scenario } from '../scenario.ts';

t.test('canonical JSON has one text for one meaning', (t) => {
  t.equal(
    canonical({ b: [1, 'x'], a: undefined, c: { z: null, y: true } }),
    '{"b":[1,"x"],"c":{"y":true,"z":null}}',
  );
  t.equal(canonical({ a: 1, b: 2 }), canonical({ b: 2, a: 1 }));
  t.throws(() => canonical(Number.NaN), TypeError);
  t.throws(() => canonical(new Map()), TypeError);
  t.throws(() => canonical(() => 1), TypeError);
  t.end();
});

t.test('every error has a blame and a next step', (t) => {
  for (const code of ERROR_CODES) {
    const record = new HostproofError(code, 'what happened').toRecord();
    t.match(record.hint, /\w/, code);
    t.match(record.blame, /^(host|usage|environment|story|harness|interrupt)$/, code);
  }
  t.equal(isDiskFull(Object.assign(new Error('write'), { code: 'ENOSPC' })), true);
  t.equal(isDiskFull(new Error('Permission denied')), false);
  t.end();
});

t.test('a run with several verdicts exits with the gravest', (t) => {
  t.equal(gravest(['passed', 'unfit', 'failed']), 'failed');
  t.equal(gravest(['failed', 'story-error']), 'story-error');
  t.equal(gravest(['unfit', 'passed']), 'unfit');
  t.equal(gravest([]), 'passed');
  t.same(
    ['passed', 'failed', 'usage', 'unfit', 'story-error', 'harness-error', 'interrupted'].map((v) =>
      exitCode(v as 'passed'),
    ),
    [0, 1, 2, 3, 4, 4, 130],
  );
  t.end();
});

t.test('a mistyped name is answered with the nearest known one', (t) => {
  t.equal(nearest('truncted', ['truncated', 'panics']), 'truncated');
  t.equal(nearest('xyz', ['truncated', 'panics']), undefined);
  t.match(
    unknownName('image', '1.l', ['1.0', '1.1']),
    /unknown image "1\.l": did you mean "1\.[01]"\?/,
  );
  t.equal(unknownName('image', 'xyz', ['1.0', '1.1']), 'unknown image "xyz" (known: 1.0, 1.1)');
  t.end();
});

t.test('the same seed gives the same numbers', (t) => {
  const take = (seed: number): number[] => Array.from({ length: 5 }, prng(seed).next);
  t.same(take(7), take(7));
  t.notSame(take(7), take(8));
  t.ok(take(7).every((number) => number >= 0 && number < 1));
  t.not(deriveSeed(0, 'a'), deriveSeed(0, 'b'));
  t.not(deriveSeed(0, 'a'), deriveSeed(1, 'a'));
  t.end();
});

t.test("kernel arguments of the layout are told from the administrator's", (t) => {
  const words =
    'BOOT_IMAGE=/x root=/dev/onn/l rd.lvm.lv=onn/l img.bootid=l rw console=ttyS0 mitigations=off';
  t.same(administratorArguments(words.split(' ')), ['console=ttyS0', 'mitigations=off']);
  t.end();
});

t.test('a run is planned from what the stories say of themselves', (t) => {
  const story = async (): Promise<void> => Promise.resolve();
  const data: ScenarioData = {
    title: 'A title of some length',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    suite: 'smoke',
  };
  const thinOnly: ScenarioData = {
    ...data,
    layouts: ['thin'],
    notOn: { ostree: 'it has no such thing as a pool' },
  };
  const both: ScenarioData['storage'] = ['ext4-boot', 'xfs-boot'];
  const named: NamedScenario[] = [
    { id: 'a/first', scenario: scenario({ ...data, suite: 'quick', storage: both }, story) },
    { id: 'b/second', scenario: scenario({ ...thinOnly, suite: 'full' }, story) },
    { id: 'b/third', scenario: scenario({ ...thinOnly, machineOnly: true }, story) },
  ];
  const everything = { filters: [], machine: 'qemu', seed: 0 } as const;
  const ids = (selection: Partial<Parameters<typeof plan>[1]>): string[] =>
    plan(named, { ...everything, ...selection }).map((job) => job.id);
  const [first, second, third] = ['a/first@thin-uefi', 'b/second@thin-uefi', 'b/third@thin-uefi'];
  const firsts = [
    first,
    `${first}-xfs-boot`,
    'a/first@ostree-uefi',
    'a/first@ostree-uefi-xfs-boot',
  ];
  t.same(ids({}), [...firsts, second, third]);
  t.same(ids({ suite: 'full' }), [...firsts, second, third], 'with all storage');
  t.same(ids({ suite: 'smoke' }), [first, 'a/first@ostree-uefi', third], 'with the smaller suite');
  t.same(ids({ suite: 'quick', layout: 'thin' }), [first]);
  t.same(ids({ suite: 'quick', storage: 'xfs-boot', layout: 'thin' }), [`${first}-xfs-boot`]);
  t.same(ids({ machine: 'sim' }), [first, second]);
  t.same(ids({ filters: ['THIRD', 'a/'], layout: 'thin', storage: 'ext4-boot' }), [first, third]);
  t.same(ids({ filters: ['first@ostree'] }), firsts.slice(2), 'a part of the name in reports');
  t.same(ids({ filters: [first] }), [first], 'and the whole of it');
  t.throws(() => scenario({ ...data, title: 'short' }, story));
  t.throws(() => scenario({ ...data, layouts: ['thin'] }, story), /notOn/);
  t.throws(() => scenario({ ...thinOnly, layouts: ['thin', 'ostree'] }, story), /notOn/);

  const jobs = plan(named, { ...everything, storage: 'ext4-boot' });
  const hunted = [
    { name: 'lies', layout: 'ostree', story: 'a/first' },
    { name: 'loses', layout: 'thin', story: 'b/second' },
    { name: 'forgets', layout: 'thin', story: 'b/second' },
  ] as const;
  const hunting = hunts(jobs, hunted);
  t.same(
    hunting.map(({ id, defect }) => [id, defect]),
    [
      ['a/first@ostree-uefi', undefined],
      ['a/first@ostree-uefi+lies', 'lies'],
      [second, undefined],
      [`${second}+loses`, 'loses'],
      [`${second}+forgets`, 'forgets'],
    ],
    'each without, and with each that is its own',
  );
  const seeds = hunting.map(({ seed }) => seed);
  t.same(seeds[0], seeds[1], 'a story goes the same way with a defect');
  const why = (id: string, selection: Partial<Parameters<typeof plan>[1]>): (string | null)[] =>
    cases(named, { ...everything, ...selection })
      .filter((one) => one.id === id)
      .map((one) => one.why);
  t.same(why('b/second', { suite: 'full' }), [
    null,
    'not told on xfs-boot',
    'it has no such thing as a pool',
    'it has no such thing as a pool',
  ]);
  t.same(why('a/first', { suite: 'smoke' })[1], 'in suite full, or with --storage xfs-boot');
  t.same(why('b/second', { suite: 'smoke' })[0], 'in suite full');
  t.same(why('b/third', { machine: 'sim' })[0], 'only a machine can tell it');
  t.end();
});

t.test('what a story needs of its disks goes before what the run says', (t) => {
  const named = (['served', undefined] as const).map((disks): NamedScenario => {
    const [title, notOn] = ['A title of some length', { ostree: 'one layout is enough here' }];
    const data: ScenarioData = {
      title,
      layouts: ['thin'],
      notOn,
      firmware: ['uefi'],
      suite: 'quick',
    };
    const story = (): Promise<void> => Promise.resolve();
    return {
      id: disks ?? 'either',
      scenario: scenario({ ...data, ...(disks && { disks }) }, story),
    };
  });
  const told = (selection: Partial<Parameters<typeof plan>[1]>): (string | undefined)[][] =>
    plan(named, { filters: [], machine: 'qemu', seed: 0, ...selection }).map(
      ({ scenario, disks }) => [scenario, disks],
    );
  t.same(told({ disks: 'image' }), [
    ['served', 'served'],
    ['either', undefined],
  ]);
  t.same(told({ disks: 'served' }), [
    ['served', 'served'],
    ['either', 'served'],
  ]);
  t.same(told({ machine: 'sim' }), [['either', undefined]]);
  t.end();
});

import t from 'tap';
import { ERROR_CODES, HostproofError, isDiskFull } from '../domain/errors.ts';
import { canonical } from '../domain/json.ts';
import { nearest, unknownName } from '../domain/nearest.ts';
import { plan, type NamedScenario } from '../domain/plan.ts';
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
  const data = {
    title: 'A title of some length',
    layouts: ['thin'],
    firmware: ['uefi'],
    suite: 'smoke',
  } as const;
  const named: NamedScenario[] = [
    {
      id: 'a/first',
      scenario: scenario({ ...data, layouts: ['thin'], firmware: ['uefi'] }, story),
    },
    {
      id: 'b/second',
      scenario: scenario({ ...data, layouts: ['thin'], firmware: ['uefi'], suite: 'full' }, story),
    },
    {
      id: 'b/third',
      scenario: scenario(
        { ...data, layouts: ['thin'], firmware: ['uefi'], machineOnly: true },
        story,
      ),
    },
  ];
  const ids = (selection: Partial<Parameters<typeof plan>[1]>): string[] =>
    plan(named, { filters: [], machine: 'qemu', seed: 0, ...selection }).map((job) => job.id);
  t.same(ids({}), ['a/first@thin-uefi', 'b/second@thin-uefi', 'b/third@thin-uefi']);
  t.same(ids({ suite: 'full' }), ['b/second@thin-uefi']);
  t.same(ids({ machine: 'sim' }), ['a/first@thin-uefi', 'b/second@thin-uefi']);
  t.same(ids({ filters: ['THIRD', 'a/'] }), ['a/first@thin-uefi', 'b/third@thin-uefi']);
  t.throws(() =>
    scenario({ ...data, layouts: ['thin'], firmware: ['uefi'], title: 'short' }, story),
  );
  t.end();
});

import t from 'tap';
import kept from '../checks/invariants/administrator-kept.ts';
import type { Deed } from '../domain/deed.ts';
import { EMPTY_LEDGER, promise, settle, type Ledger } from '../domain/promise.ts';
import type { HostView } from '../domain/view.ts';
import { accountOf } from '../layouts/common/account.ts';

const ROOT = 'root:0:x:0(root)';
const ALICE = 'alice:1000:y:1000(alice),4(adm)';

/** A host whose layers have these kernel arguments, and that runs the first of them. */
function view(layers: Record<string, string[]>, users: string[], running: string[]): HostView {
  return {
    ...{
      layout: 'thin',
      shared: [],
      bootId: 'b',
      bootedLayer: Object.keys(layers)[0] ?? null,
      version: '1',
    },
    kernelArguments: ['root=/dev/somewhere', ...running],
    defaultEntry: null,
    ...{ menu: null, etc: {} },
    space: { boot: { usedMiB: 1, sizeMiB: 9 }, layers: { usedMiB: 1, sizeMiB: 9 } },
    entries: Object.entries(layers).map(([id, args]) => ({
      ...{ id, title: id, layer: id, arguments: [`root=/dev/${id}`, ...args] },
      ...{ kernelPresent: true, initramfsPresent: true, rootPresent: true },
    })),
    layers: Object.keys(layers).map((id) => {
      return { id, version: id, base: id, rootOfFstab: id, packages: [], database: null };
    }),
    ...{ staged: null, bases: [], orphans: [], damage: [], pool: null, machineId: 'm' },
    ...{ hostKeys: [], users, failedUnits: [], files: {} },
    claim: { defaultLayer: null, currentLayer: null },
  };
}

/** Folds in what was done and seen, and says what is broken after the last of it. */
function told(...steps: readonly (readonly [Deed, HostView])[]): readonly string[] {
  let ledger: Ledger = EMPTY_LEDGER;
  let broken: readonly string[] = [];
  for (const [deed, seen] of steps) {
    const before = ledger.last;
    ledger = settle(promise(ledger, deed), deed, seen);
    broken = kept.broken({ view: seen, before, deed, promised: ledger });
  }
  return broken;
}

const start: readonly [Deed, HostView] = [
  { verb: 'boot', ends: 'up' },
  view({ old: ['a'] }, [ROOT], ['a']),
];
const named: readonly [Deed, HostView] = [
  { verb: 'addUser', name: 'alice' },
  view({ old: ['a'] }, [ROOT, ALICE], ['a']),
];
const argued: readonly [Deed, HostView] = [
  { verb: 'addKernelArgument', argument: 'b=1' },
  view({ old: ['a', 'b=1'] }, [ROOT, ALICE], ['a']),
];
const upgrade: Deed = {
  ...{
    verb: 'upgrade',
    outcome: 'done',
    version: 'new',
    content: {},
    isOrderly: true,
  },
};
const both = (args: string[]): HostView =>
  view({ old: ['a', 'b=1'], new: args }, [ROOT, ALICE], ['a']);

t.test('an account is promised to every layer made after it, with its groups', (t) => {
  const upgraded = [start, named, argued, [upgrade, both(['a', 'b=1'])]] as const;
  t.same(told(...upgraded), []);
  const listed = view({ new: ['a', 'b=1'], old: ['a', 'b=1'] }, [ALICE, ROOT], ['a', 'b=1']);
  t.same(told(...upgraded, [{ verb: 'reboot', ends: 'up' }, listed]), [], 'in any order');
  const without = view({ new: ['a', 'b=1'], old: ['a', 'b=1'] }, [ROOT], ['a', 'b=1']);
  t.match(told(...upgraded, [{ verb: 'reboot', ends: 'up' }, without]), [/^users: were .*alice/]);
  const lessGroups = { ...without, users: [ROOT, 'alice:1000:y:1000(alice)'] };
  t.match(told(...upgraded, [{ verb: 'reboot', ends: 'up' }, lessGroups]), [
    /^users: were .*4\(adm\)/,
  ]);
  t.match(told(start, [named[0], start[1]]), [/^users: were .* alice;/], 'and must be made at all');
  t.end();
});

t.test('an account that was made on one layer is not promised to another', (t) => {
  const onNew = view({ new: ['a'], old: ['a'] }, [ROOT, ALICE], ['a']);
  const onOld = view({ old: ['a'], new: ['a'] }, [ROOT], ['a']);
  const seen = view({ new: ['a'], old: ['a'] }, [ROOT], ['a']);
  t.same(
    told(
      start,
      [upgrade, view({ old: ['a'], new: ['a'] }, [ROOT], ['a'])],
      [{ verb: 'reboot', ends: 'up' }, seen],
      [{ verb: 'addUser', name: 'alice' }, onNew],
      [{ verb: 'reboot', ends: 'up' }, onOld],
    ),
    [],
  );
  t.end();
});

t.test(
  'an argument is promised to the entry at once and to the kernel from its next start',
  (t) => {
    t.same(told(start, named, argued), []);
    t.match(told(start, named, [argued[0], named[1]]), [/entry old: were a b=1; are a$/]);
    t.match(told(start, named, argued, [{ verb: 'reboot', ends: 'up' }, argued[1]]), [
      /^kernel arguments: were a b=1; are a$/,
    ]);
    t.match(told(start, named, argued, [upgrade, both(['b=1', 'a'])]), [/entry new: were a b=1/]);
    t.end();
  },
);

t.test("an argument that another layer has got in between is nobody's loss", (t) => {
  const seen = view({ old: ['a', 'c=1', 'b=1'] }, [ROOT, ALICE], ['a']);
  t.same(told(start, named, [argued[0], seen]), []);
  const swapped = view({ old: ['b=1', 'a'] }, [ROOT, ALICE], ['a']);
  t.match(told(start, named, [argued[0], swapped]), [/entry old: were a b=1; are b=1 a$/]);
  t.end();
});

t.test('the order in which a host lists the groups of an account says nothing', (t) => {
  const account = { name: 'alice', uid: 1000, shadowSha256: 'y' };
  t.equal(accountOf({ ...account, groups: ['1000(alice)', '4(adm)'] }), ALICE);
  t.equal(
    accountOf({ ...account, groups: ['1000(alice)', '9(news)', '4(adm)'] }),
    accountOf({ ...account, groups: ['1000(alice)', '4(adm)', '9(news)'] }),
  );
  t.end();
});

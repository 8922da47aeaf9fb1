import t from 'tap';
import { condemned } from '../../adapters/checkpoints/condemned.ts';
import type { StoredState } from '../../adapters/checkpoints/states.ts';

/** Ten bytes each. */
const state = (id: string, usedMs: number, standsOn: string | null = null): StoredState => ({
  ...{ id, usedMs, sizeBytes: 10, state: { id, place: `/states/${id}`, standsOn, files: {} } },
});
const named = (...ids: string[]): ReadonlySet<string> => new Set(ids);
const nobody = named();

t.test('the longest unused go first, and no more than must', (t) => {
  const states = [state('new', 3), state('old', 1), state('middle', 2)];
  const ids = (budgetBytes: number): string[] =>
    condemned(states, {
      ...{ named: named('new', 'old', 'middle'), taken: nobody, budgetBytes },
    }).map(({ id }) => id);
  t.same(ids(30), []);
  t.same(ids(29), ['old']);
  t.same(ids(10), ['old', 'middle']);
  t.same(ids(0), ['old', 'middle', 'new']);
  t.end();
});

t.test('what others stand on goes after them, and what is in use stays with all below it', (t) => {
  const states = [state('base', 1), state('top', 2, 'base'), state('other', 3)];
  const all = named('base', 'top', 'other');
  const ids = (taken: ReadonlySet<string>, budgetBytes: number): string[] =>
    condemned(states, { named: all, taken, budgetBytes }).map(({ id }) => id);
  t.same(ids(nobody, 20), ['top']);
  t.same(ids(nobody, 10), ['top', 'base']);
  t.same(ids(named('top'), 0), ['other']);
  t.end();
});

t.test('what no record names goes, whatever it takes', (t) => {
  const states = [state('left', 9), state('named', 1, 'left'), state('alone', 9)];
  const gone = condemned(states, { named: named('named'), taken: nobody, budgetBytes: 1000 });
  t.same(
    gone.map(({ id }) => id),
    ['alone'],
    'but not what another one stands on',
  );
  t.end();
});

t.test('states that stand on each other, which cannot be, end nothing', (t) => {
  const states = [state('one', 1, 'other'), state('other', 1, 'one')];
  t.same(condemned(states, { named: nobody, taken: nobody, budgetBytes: 0 }), []);
  t.end();
});

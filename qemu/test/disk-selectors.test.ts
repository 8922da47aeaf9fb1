/** Every effect of a disk that lies, by everything that says which requests it strikes. */
import t from 'tap';
import type { DiskCommand, DiskEffect } from '../../harness/domain/disk-rule.ts';
import { Rules, ruleSchema, type RuleInput } from '../disk-server/rule.ts';

/** Each with a command that it fits. */
const EFFECTS: Readonly<Record<DiskEffect['kind'], readonly [DiskEffect, DiskCommand]>> = {
  error: [{ kind: 'error', error: 'io' }, 'read'],
  delay: [{ kind: 'delay', ms: 1 }, 'zeroes'],
  lie: [{ kind: 'lie' }, 'flush'],
  tear: [{ kind: 'tear', sectors: 1 }, 'write'],
  flip: [{ kind: 'flip', at: 0 }, 'read'],
  vanish: [{ kind: 'vanish' }, 'trim'],
};

for (const [effect, command] of Object.values(EFFECTS))
  t.test(`${effect.kind}: by disk, path, command, range, count, mark, time and bytes`, (t) => {
    let nowMs = 0;
    const rules = new Rules(() => nowMs);
    const asked = {
      ...{ disk: { name: 'disk1', isNew: () => false }, path: 'b', command },
      ...(command === 'flush' ? { offset: 0, length: 0 } : { offset: 8192, length: 4096 }),
    };
    const isStruck = (other: Partial<typeof asked> = {}): boolean =>
      rules.struckBy({ ...asked, ...other }) !== null;
    const armed = (which: Partial<RuleInput>): void => {
      rules.arm(ruleSchema.parse({ id: effect.kind, effect, ...which }));
    };
    armed({ disk: 'disk1' });
    t.notOk(isStruck({ disk: { name: 'disk0', isNew: () => false } }));
    t.ok(isStruck());
    t.notOk(isStruck(), 'once');
    armed({ path: 'b' });
    t.notOk(isStruck({ path: 'a' }));
    t.ok(isStruck());
    armed({ command });
    t.notOk(isStruck({ command: command === 'read' ? 'write' : 'read' }));
    t.ok(isStruck());
    // a flush is of no range
    if (command !== 'flush') {
      armed({ range: { start: 12_287, end: 20_000 } });
      for (const offset of [0, 8191, 20_000]) t.notOk(isStruck({ offset }));
      t.ok(isStruck());
    }
    armed({ nth: 3, times: 2 });
    t.same(
      Array.from({ length: 6 }, () => isStruck()),
      [false, false, true, true, false, false],
    );
    armed({ mark: 'switched' });
    rules.marked('something else');
    t.notOk(isStruck());
    rules.marked('switched');
    t.ok(isStruck());
    armed({ afterMs: 10 });
    t.notOk(isStruck());
    nowMs = 10;
    t.ok(isStruck());
    armed({ afterBytes: 512, disk: 'disk1' });
    t.notOk(isStruck());
    const other = { name: 'disk0', isNew: () => false };
    if (command !== 'write') t.notOk(isStruck({ disk: other, command: 'write', length: 512 }));
    t.ok(isStruck());
    t.end();
  });

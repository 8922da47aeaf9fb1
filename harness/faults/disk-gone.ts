/** A disk that goes away, as with a cable or a path that fails, and comes back. */
import type { DiskRule } from '../domain/disk-rule.ts';
import type { DiskFault, FaultKind } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'disk-gone',
  title: 'The disk goes away at a request, and is back some seconds later.',
  detail: 'What is asked of it meanwhile waits, and fails after 5 s. Needs served disks.',
  example:
    "host.upgrade(image('1.1'), { fault: diskGone({ command: 'write', nth: 500, backAfterS: 3 }) })",
} satisfies FaultKind;

export function diskGone({
  when = { at: 'start' },
  backAfterS,
  ...which
}: Pick<DiskRule, 'command' | 'range' | 'nth'> & {
  readonly backAfterS: number;
  readonly when?: Moment;
}): DiskFault {
  const rule = { ...which, effect: { kind: 'vanish' } } as const;
  return { fault: 'disk-gone', strikes: 'disk', when, rule, backAfterS };
}

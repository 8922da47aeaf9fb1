/** A bad disk: requests fail, and the guest is told so. */
import type { DiskRule } from '../domain/disk-rule.ts';
import type { DiskFault, FaultKind } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'disk-error',
  title: 'Reads, writes or flushes fail: the n-th, some in a row, or all in a range of the disk.',
  detail: 'The guest gets an input/output error. Needs served disks; by default the first fails.',
  example:
    "host.upgrade(image('1.1'), { fault: diskError({ command: 'write', nth: 500, times: null }) })",
} satisfies FaultKind;

export function diskError({
  when = { at: 'start' },
  ...which
}: Pick<DiskRule, 'command' | 'range' | 'nth' | 'times'> & {
  readonly when?: Moment;
}): DiskFault {
  const effect = { kind: 'error', error: 'io' } as const;
  return { fault: 'disk-error', strikes: 'disk', when, rule: { ...which, effect } };
}

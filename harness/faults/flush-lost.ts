/** A disk that says that what it has is safe, and has it in a memory that goes with the power. */
import type { DiskRule } from '../domain/disk-rule.ts';
import type { DiskFault, FaultKind } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'flush-lost',
  title: 'Flushes are answered and not done: what was written before them may go with the power.',
  detail:
    'A later one that is done makes up for them. Needs served disks; by default the first is lost.',
  example:
    "host.upgrade(image('1.1'), { fault: flushLost({ when: at('upgrade', 0.3), times: 5 }) })",
} satisfies FaultKind;

export function flushLost({
  when = { at: 'start' },
  ...which
}: Pick<DiskRule, 'nth' | 'times'> & { readonly when?: Moment } = {}): DiskFault {
  const rule = { command: 'flush', ...which, effect: { kind: 'lie' } } as const;
  return { fault: 'flush-lost', strikes: 'disk', when, rule };
}

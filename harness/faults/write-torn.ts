/** A write of which only the beginning gets to the disk, although all of it was answered. */
import type { DiskRule } from '../domain/disk-rule.ts';
import type { DiskFault, FaultKind } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'write-torn',
  title: 'Only the first sectors of a write get to the disk; it is answered as if all had.',
  detail: 'Of longer writes only. Only who has a checksum can know. Needs served disks.',
  example: 'host.boot({ fault: writeTorn({ sectors: 1 }) })',
} satisfies FaultKind;

export function writeTorn({
  when = { at: 'start' },
  sectors,
  ...which
}: Pick<DiskRule, 'range' | 'nth' | 'times'> & {
  /** So many of 512 bytes get there. Writes that are not longer are not struck, and not counted by `nth` and `times`. */
  readonly sectors: number;
  readonly when?: Moment;
}): DiskFault {
  const rule = { command: 'write', ...which, effect: { kind: 'tear', sectors } } as const;
  return { fault: 'write-torn', strikes: 'disk', when, rule };
}

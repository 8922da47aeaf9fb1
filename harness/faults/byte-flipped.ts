/** A bit that the disk gets wrong, and does not know of. */
import type { DiskRule } from '../domain/disk-rule.ts';
import type { DiskFault, FaultKind } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'byte-flipped',
  title: 'One bit of what is written, or read, is the other, and nobody is told.',
  detail: 'Only who has a checksum can know. Needs served disks.',
  example:
    "host.boot({ fault: byteFlipped({ command: 'read', range: { start: 512, end: 1024 } }) })",
} satisfies FaultKind;

export function byteFlipped({
  when = { at: 'start' },
  byte = 0,
  ...which
}: Pick<DiskRule, 'range' | 'nth' | 'times'> & {
  readonly command: 'read' | 'write';
  /** Of the request. */
  readonly byte?: number;
  readonly when?: Moment;
}): DiskFault {
  const rule = { ...which, effect: { kind: 'flip', at: byte } } as const;
  return { fault: 'byte-flipped', strikes: 'disk', when, rule };
}

/** A disk that says it has flushed, and has not: what was written before may be lost with the power. */
import type { DiskFault, FaultKind, Moment } from '../domain/fault.ts';

export default {
  name: 'flush-ignored',
  title: 'The disk answers flushes and does not do them.',
  detail: 'It shows after a power cut only: what was flushed may be lost. Needs served disks.',
  example: "host.upgrade(image('1.1'), { fault: flushIgnored() })",
} satisfies FaultKind;

export function flushIgnored({
  when = { at: 'start' },
}: { readonly when?: Moment } = {}): DiskFault {
  const rule = { command: 'flush', times: null, effect: { kind: 'lie' } } as const;
  return { fault: 'flush-ignored', strikes: 'disk', when, rule };
}

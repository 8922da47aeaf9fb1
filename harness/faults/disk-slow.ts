/** A disk that takes its time, as an overloaded one does. */
import type { DiskRule } from '../domain/disk-rule.ts';
import type { DiskFault, FaultKind } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'disk-slow',
  title: 'Requests to the disk take so many milliseconds longer.',
  detail: 'Nothing is lost, and the step must end well. Needs served disks.',
  example: "host.upgrade(image('1.1'), { fault: diskSlow({ command: 'flush', ms: 500 }) })",
} satisfies FaultKind;

export function diskSlow({
  when = { at: 'start' },
  ms,
  command,
}: Pick<DiskRule, 'command'> & { readonly ms: number; readonly when?: Moment }): DiskFault {
  const rule = { command, times: null, effect: { kind: 'delay', ms } } as const;
  return { fault: 'disk-slow', strikes: 'disk', when, rule };
}

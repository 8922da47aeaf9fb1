/** The storage below has no room left, whatever the host believes: writes to where nothing was yet fail. */
import type { DiskFault, FaultKind } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'disk-full',
  title: 'The storage below the disk is full: every write that takes new room fails.',
  detail: 'The guest is told of an input/output error; the rest works. Needs served disks.',
  example: "host.upgrade(image('1.1'), { fault: diskFull({ when: at('upgrade', 0.5) }) })",
} satisfies FaultKind;

export function diskFull({ when = { at: 'start' } }: { readonly when?: Moment } = {}): DiskFault {
  const effect = { kind: 'error', error: 'no-space' } as const;
  const rule = { command: 'write', isNew: true, times: null, effect } as const;
  return { fault: 'disk-full', strikes: 'disk', when, rule };
}

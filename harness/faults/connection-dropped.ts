/** The network to what is served goes away: every connection ends in the middle, and none comes about until the step has ended. */
import type { FaultKind, LineFault } from '../domain/fault.ts';
import type { ServedMoment } from '../domain/moment.ts';

export default {
  name: 'connection-dropped',
  title: 'The network drops while an update is fetched, once so many bytes have been sent.',
  detail: 'Every connection ends in the middle, and none comes about until the step has ended.',
  example:
    "host.upgrade(image('1.1'), { fault: connectionDropped({ when: afterServed(8 * 2 ** 20) }) })",
} satisfies FaultKind;

export function connectionDropped(options: { readonly when: ServedMoment }): LineFault {
  return { fault: 'connection-dropped', strikes: 'line', does: { kind: 'drop' }, ...options };
}

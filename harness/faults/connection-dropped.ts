/** The network to what is served goes away: every connection ends in the middle, and none comes about until the step has ended. */
import type { ConnectionDropped, ServedMoment } from '../domain/fault.ts';

export function connectionDropped(options: { readonly when: ServedMoment }): ConnectionDropped {
  return { fault: 'connection-dropped', when: options.when };
}

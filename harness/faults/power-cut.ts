/** The power goes away: the machine stops between two instructions and forgets its memory. */
import type { Moment, PowerCut } from '../domain/fault.ts';

export function powerCut(options: { readonly when: Moment }): PowerCut {
  return { fault: 'power-cut', when: options.when };
}

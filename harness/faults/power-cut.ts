/** The power goes away: the machine stops between two instructions and forgets its memory. */
import type { FaultPlan, Moment } from '../domain/fault.ts';

export function powerCut(options: { readonly when: Moment }): FaultPlan {
  return { fault: 'power-cut', when: options.when };
}

/**
 * The power goes away: the machine stops between two instructions and forgets its memory. A served disk forgets what was not
 * flushed, too, or keeps it, or a part of it, as the seed says; an image file keeps it all.
 */
import type { Moment, PowerCut } from '../domain/fault.ts';

export function powerCut(options: { readonly when: Moment; readonly seed?: number }): PowerCut {
  return { fault: 'power-cut', ...options };
}

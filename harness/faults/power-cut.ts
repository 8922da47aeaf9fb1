/**
 * The power goes away: the machine stops between two instructions and forgets its memory. A served disk forgets what was not
 * flushed, too, or keeps it, or a part of it, as the seed says; an image file keeps it all.
 */
import type { FaultKind, PowerFault } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'power-cut',
  title: 'The power goes away at a moment of an upgrade, of a start or on the way down.',
  detail: 'A served disk loses what was not flushed, or keeps it, or tears it, as the seed says.',
  example: "host.upgrade(image('1.1'), { fault: powerCut({ when: at('upgrade', 0.5) }) })",
} satisfies FaultKind;

export function powerCut(options: { readonly when: Moment; readonly seed?: number }): PowerFault {
  return { fault: 'power-cut', strikes: 'power', does: 'cut', ...options };
}

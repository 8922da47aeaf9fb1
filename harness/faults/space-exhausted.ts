/**
 * Something else on the host takes the room that an update needs, or has measured already. It is done inside the guest, as `fill` does
 * it: by a file, or a volume, beside the engine at work.
 */
import type { FaultKind, SpaceFault } from '../domain/fault.ts';
import type { Filled } from '../domain/fillable.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'space-exhausted',
  title: 'A place on the host runs full at a moment of an update.',
  detail:
    'Done inside the guest. The update must be undone. Not of a thin pool: what runs fails, too.',
  example:
    "host.upgrade(image('1.1'), { fault: spaceExhausted({ when: at('upgrade', 0.3), leaveMiB: 24 }) })",
} satisfies FaultKind;

export function spaceExhausted(options: {
  readonly when: Moment;
  /** MiB. */
  readonly leaveMiB: number;
  /** The place of the layers, unless said. */
  readonly where?: Filled;
}): SpaceFault {
  return { fault: 'space-exhausted', strikes: 'space', ...options };
}

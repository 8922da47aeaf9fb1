/**
 * A second administrator starts the same update while it runs. It is done inside the guest: a second command of the layout's own
 * tool on the same image, with nothing of the harness around it. One of the two makes the update; the other waits, is refused,
 * or finds nothing to do, as the tool has it.
 */
import type { EngineFault, FaultKind } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'update-twice',
  title: 'A second administrator starts the same update again while it runs.',
  detail:
    'Done inside the guest. The update must be done, once; the stamp says how the second ended.',
  example: "host.upgrade(image('1.1'), { fault: updateTwice({ when: at('upgrade', 0.3) }) })",
} satisfies FaultKind;

export function updateTwice(options: { readonly when: Moment }): EngineFault {
  return { fault: 'update-twice', strikes: 'engine', does: 'again', ...options };
}

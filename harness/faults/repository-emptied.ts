/** Somebody replaces what a repository serves while it is read: the rest of an update is not there any more. */
import type { FaultKind, LineFault } from '../domain/fault.ts';
import type { ServedMoment } from '../domain/moment.ts';

export default {
  name: 'repository-emptied',
  title: 'The repository loses its files half way: from then on all that is asked for is a 404.',
  detail: 'The file that is being sent ends in the middle. It lasts until the step has ended.',
  example:
    "host.upgrade(image('1.1'), { fault: repositoryEmptied({ when: afterServed(8 * 2 ** 20) }) })",
} satisfies FaultKind;

export function repositoryEmptied(options: { readonly when: ServedMoment }): LineFault {
  return { fault: 'repository-emptied', strikes: 'line', does: { kind: 'not-found' }, ...options };
}

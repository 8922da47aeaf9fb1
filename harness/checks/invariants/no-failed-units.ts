import type { HostView } from '../../domain/view.ts';
import type { Invariant, Judgement } from '../invariant.ts';

/** By which libostree says, in the start after it, that what was staged was not made. */
const UNMADE = 'ostree-boot-complete.service';

export default {
  id: 'no-failed-units',
  title:
    'no service of the running host has failed, but the one that says that a staged update was not made, where it may not be',
  broken: (judgement) =>
    judgement.view.failedUnits
      .filter(({ unit }) => unit !== UNMADE || !mayBeUnmade(judgement))
      .map(({ unit, said }) => {
        const last = said.trim().split('\n').at(-1) ?? '';
        return last === '' ? `${unit} has failed` : `${unit} has failed: ${last.trim()}`;
      }),
} satisfies Invariant;

/** It stays until the next start, whatever is promised then. */
function mayBeUnmade({ view, before, promised }: Judgement): boolean {
  const hasSaid = ({ bootId, failedUnits }: HostView): boolean =>
    bootId === view.bootId && failedUnits.some(({ unit }) => unit === UNMADE);
  return promised.mayBeUnmade || (before !== null && hasSaid(before));
}

/**
 * Which states of machines are kept. Those of a machine that is off are its disks and variables, and cost next to nothing.
 * One that runs has its memory, too: that pays where stories part, since each of them but the first goes on from there.
 */
import type { HostState } from '../../domain/checkpoint.ts';
import type { Verb } from '../../domain/verb.ts';

/** @param continuations in how many ways stories go on from here */
export function isKept(host: HostState, continuations: number): boolean {
  switch (host) {
    case 'off':
      return true;
    case 'running':
      return continuations > 1;
    case 'none':
    case 'hung':
      return false;
  }
}

/** With these a machine is started: until the next of them it is the same process. */
const STARTS: readonly Verb[] = ['boot', 'reboot', 'select'];

/**
 * Whether the machine that runs after act `index` will be frozen, then or later, before it is started again.
 *
 * @param verbs of all acts that are foreseen
 * @param continuations of each of them
 */
export function willFreeze(
  verbs: readonly Verb[],
  continuations: readonly number[],
  index: number,
): boolean {
  const next = verbs.findIndex((verb, later) => later > index && STARTS.includes(verb));
  const end = next < 0 ? verbs.length : next;
  return continuations.slice(index, end).some((count) => isKept('running', count));
}

/**
 * The disk of a host is its second one from then on, and an empty one is the first: what is installed next has an old installation
 * beside it, as on hosts that are taken out of service and installed anew. It is done while the host is off. Whoever
 * installs it then has taken the second disk out, and puts it back before the host starts.
 */
import type { BayFault, FaultKind } from '../domain/fault.ts';

export default {
  name: 'second-disk',
  title:
    'The disk of a host that is off is its second one from then on; the first is new and empty.',
  detail: 'What is installed next has an old installation beside it. Once for a host.',
  example: 'host.strike(secondDisk())',
} satisfies FaultKind;

export function secondDisk(): BayFault {
  return { fault: 'second-disk', strikes: 'bay', does: 'move' };
}

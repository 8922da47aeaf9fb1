/**
 * The host has a name for its repository that no resolver knows, as after a mistake in DNS: one below `.invalid` (RFC 2606)
 * stands in the address of this update, and the guest's own resolver looks for it. All is served as ever.
 */
import type { FaultKind, LineFault } from '../domain/fault.ts';

export default {
  name: 'name-not-resolved',
  title: "The name of the repository does not resolve: the guest's own tool says so.",
  detail: 'The name is that of this step only. Nobody must have come to what is served.',
  example: "host.upgrade(image('1.1'), { fault: nameNotResolved() })",
} satisfies FaultKind;

export function nameNotResolved(): LineFault {
  const when = { at: 'served', bytes: 0 } as const;
  return { fault: 'name-not-resolved', strikes: 'line', does: { kind: 'unresolved' }, when };
}

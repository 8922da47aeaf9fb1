/** The firmware forgets its variables: boot entries and their order are gone, as after a factory reset or a new mainboard. */
import type { FaultKind, FirmwareFault } from '../domain/fault.ts';

export default {
  name: 'variables-lost',
  title: 'The firmware of a host that is off forgets its variables: no boot entry, no order.',
  detail: 'As after a factory reset: the host must be found by where its loader lies.',
  example: 'host.strike(variablesLost())',
} satisfies FaultKind;

export function variablesLost(): FirmwareFault {
  return { fault: 'variables-lost', strikes: 'firmware', does: 'forget' };
}

/** Something else comes first: another system, an update of the firmware or a start over the network has changed the boot order. */
import type { FaultKind, FirmwareFault } from '../domain/fault.ts';

export default {
  name: 'boot-order-changed',
  title: 'A host that is off has its own boot entry behind all others that may start something.',
  detail: 'From then on its machine no longer says what starts first: only the order does.',
  example: 'host.strike(bootOrderChanged())',
} satisfies FaultKind;

export function bootOrderChanged(): FirmwareFault {
  return { fault: 'boot-order-changed', strikes: 'firmware', does: 'reorder' };
}

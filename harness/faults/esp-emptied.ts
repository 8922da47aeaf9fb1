/**
 * What is on the EFI system partition is gone, as after the installer of another system.
 *
 * It is the root directory that is taken, on the disk itself: the file system is there, with its identifier, and what led to the
 * loader is not. So it can be given back as it was; and a host that mounts the partition by its identifier still finds it.
 */
import type { EspFault, FaultKind } from '../domain/fault.ts';

export default {
  name: 'esp-emptied',
  title: 'What is on the EFI system partition of a host that is off is gone: there is no loader.',
  detail: "The next start ends in 'no-loader', until host.strike(espRestored()) gives it back.",
  example: 'host.strike(espEmptied())',
} satisfies FaultKind;

export function espEmptied(): EspFault {
  return { fault: 'esp-emptied', strikes: 'esp', does: 'empty' };
}

/** What `espEmptied` took away is there again. */
export function espRestored(): EspFault {
  return { fault: 'esp-restored', strikes: 'esp', does: 'restore' };
}

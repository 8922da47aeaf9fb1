/**
 * Somebody has the host restart while an update runs. It is done inside the guest, by the command that people type: systemd ends
 * the update as it ends everything, unmounts the disks, and the machine goes down by itself. Then the host is off.
 */
import type { FaultKind, PowerFault } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'reboot-in-mid-update',
  title: 'Somebody says `systemctl reboot` at a moment of an update; the host goes down politely.',
  detail: 'Done inside the guest. systemd ends the update on the way; then the host is off.',
  example: "host.upgrade(image('1.1'), { fault: rebootInMidUpdate({ when: at('upgrade', 0.5) }) })",
} satisfies FaultKind;

export function rebootInMidUpdate(options: { readonly when: Moment }): PowerFault {
  return { fault: 'reboot-in-mid-update', strikes: 'power', does: 'reboot', ...options };
}

/** Somebody presses the reset button: memory is forgotten, and the disk keeps all that it was given. */
import type { FaultKind, PowerFault } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'reset-button',
  title: 'Somebody presses the reset button in an upgrade, in a start or on the way down.',
  detail: 'Memory is lost; the disk keeps all that it was given, flushed or not. The host is off.',
  example: "host.boot({ fault: resetButton({ when: during('boot', 'initramfs') }) })",
} satisfies FaultKind;

export function resetButton(options: { readonly when: Moment }): PowerFault {
  return { fault: 'reset-button', strikes: 'power', does: 'reset', ...options };
}

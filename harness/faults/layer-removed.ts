/**
 * An administrator removes the layer that runs while an update is made from it. It is done inside the guest, by the command for
 * it of what the layers are kept in: LVM's, or libostree's. Neither takes away what is in use.
 */
import type { EngineFault, FaultKind } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';

export default {
  name: 'layer-removed',
  title: 'An administrator removes the running layer by hand, at a moment of an update.',
  detail: 'Done inside the guest. The layer must stay; the stamp says what the tool answered.',
  example: "host.upgrade(image('1.1'), { fault: layerRemoved({ when: afterBytes(1) }) })",
} satisfies FaultKind;

export function layerRemoved(options: { readonly when: Moment }): EngineFault {
  return { fault: 'layer-removed', strikes: 'engine', does: 'remove-running', ...options };
}

/** What starting a simulated host comes to. */
import { HostproofError } from '../domain/errors.ts';
import type { ImageFacts } from '../domain/image.ts';
import type { BootEnd } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import type { SimDisk, SimEntry, SimLayer } from './disk.ts';

/**
 * The entry that is started at last, and how: a layer whose services fail is gone back from, where that is what must happen.
 *
 * @throws HostproofError `host/never` when there is no entry of that layer
 */
export function bootOf(
  { entries, layers, fallback, hasLoader }: SimDisk,
  id: string | null,
  must: BootEnd,
  imageOf: (layer: SimLayer) => ImageFacts,
): { readonly entry: SimEntry; readonly end: BootEnd } {
  const chosen = entries.find(({ layer }) => layer === id);
  if (chosen === undefined) {
    throw new HostproofError('host/never', 'the boot loader has no entry to start');
  }
  if (!hasLoader) return { entry: chosen, end: 'no-loader' };
  const layer = layers.find((candidate) => candidate.id === chosen.layer);
  const isUnwell = layer !== undefined && failedUnits(imageOf(layer)).length > 0;
  const older = entries.find((entry) => entry.layer === fallback);
  if (must === 'fallback' && isUnwell && older !== undefined)
    return { entry: older, end: 'fallback' };
  return { entry: chosen, end: chosen.boots };
}

export function failedUnits({ wrong }: ImageFacts): HostView['failedUnits'] {
  return wrong === 'unhealthy' ? [{ unit: 'reference-health.service', said: 'not well\n' }] : [];
}

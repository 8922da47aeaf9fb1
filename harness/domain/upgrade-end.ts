/** When an upgrade has come to its end, and what it promises then. */
import type { BaseContent, Deed } from './deed.ts';
import { defaultLayer, type HostView } from './view.ts';

/** An upgrade that the power was taken from: the layer that ran, and what the new one would have been. */
export interface CutUpgrade {
  readonly from: string | null;
  readonly version: string;
  readonly content: BaseContent;
}

export interface EndedUpgrade extends CutUpgrade {
  /** The layer that was made. */
  readonly layer: string;
}

/** An upgrade that says so has come to its end; one that was cut has, if its layer is the default after all. */
export function endedUpgrade(
  cut: CutUpgrade | null,
  deed: Deed,
  view: HostView,
): EndedUpgrade | null {
  if (deed.verb === 'upgrade' && deed.outcome === 'done') {
    const { version, content } = deed;
    const layer = view.layers.findLast((candidate) => candidate.version === version)?.id;
    return layer === undefined ? null : { layer, from: view.bootedLayer, version, content };
  }
  const layer = view.layers.find(({ id }) => id === defaultLayer(view));
  return cut !== null && layer?.version === cut.version ? { ...cut, layer: layer.id } : null;
}

/**
 * A cut upgrade may have come to its end: then the new layer is as good a default as the old one.
 *
 * @param isOpen what the host says is not what its disk has, which a start decides: null then
 */
export function defaultAfterCut(
  {
    promisedDefault,
    interrupted,
  }: Readonly<Record<'promisedDefault' | 'interrupted', string | null>>,
  isOpen: boolean,
  view: HostView,
): string | null {
  const actual = defaultLayer(view);
  if (promisedDefault === null) return isOpen ? null : actual;
  if (interrupted === null || actual === null) return promisedDefault;
  const version = view.layers.find((layer) => layer.id === actual)?.version;
  if (version !== interrupted) return promisedDefault;
  return isOpen ? null : actual;
}

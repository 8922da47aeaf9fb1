import type { Invariant } from '../invariant.ts';

export default {
  id: 'root-names-itself',
  title:
    "the root line of a layer's fstab names that layer, and a boot entry leads to the one that runs",
  broken: ({ view, promised }) => {
    const layers = view.layers
      // what a cut left half made is cleaned up by the next upgrade, and nothing boots it
      .filter((layer) => promised.interrupted === null || layer.version !== promised.interrupted)
      .filter((layer) => layer.rootOfFstab !== layer.id)
      .map(
        (layer) => `/etc/fstab of ${layer.id} names ${layer.rootOfFstab ?? 'no layer'} as its root`,
      );
    const entry = view.entries.find((candidate) => candidate.layer === view.bootedLayer);
    return entry === undefined && view.bootedLayer !== null
      ? [...layers, `running is ${view.bootedLayer}, and no boot entry leads to it`]
      : layers;
  },
} satisfies Invariant;

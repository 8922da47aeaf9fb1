import { belongsToLayer } from '../../domain/promise.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'administrator-files-kept',
  title: 'files that the administrator wrote or deleted are as he left them in the layer that runs',
  broken: ({ view, promised }) => {
    const ofLayer = view.bootedLayer === null ? {} : promised.filesByLayer[view.bootedLayer];
    const files = { ...promised.sharedFiles, ...ofLayer };
    return Object.entries(files).flatMap(([path, digest]) => {
      const now = view.files[path] ?? null;
      if (now === digest) return [];
      const where = belongsToLayer(path, view)
        ? ` in ${view.bootedLayer ?? 'the running layer'}`
        : '';
      if (now === null) return [`${path}${where}: written by the administrator, and gone`];
      if (digest === null) return [`${path}${where}: deleted by the administrator, and back`];
      return [`${path}${where}: written by the administrator, and has other content`];
    });
  },
} satisfies Invariant;

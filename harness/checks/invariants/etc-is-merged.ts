import { changedEtc, differing } from '../../domain/etc.ts';
import { isStart } from '../../domain/deed.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'etc-is-merged',
  title:
    '/etc of a layer that starts is what its image brought, and what the administrator made of it',
  broken: ({ view, deed, promised }) => {
    const must = view.bootedLayer === null ? undefined : promised.etcByLayer[view.bootedLayer];
    if (must === undefined || !isStart(deed)) return [];
    const now = changedEtc(view);
    return differing(must, now).flatMap((path) => {
      const [was, is] = [must[path], now[path]];
      if (was === undefined)
        return [`${path}: nobody has changed it, and it is not as its image brought it`];
      // the image has come to agree with the administrator
      if (is === undefined && view.files[path] === was) return [];
      if (is === undefined) return [`${path}: changed before, and as its image brought it now`];
      return [`${path}: has neither its image's content nor what it was changed to`];
    });
  },
} satisfies Invariant;

import { defaultLayer } from '../../domain/view.ts';
import type { Invariant } from '../invariant.ts';

export default {
  id: 'default-as-promised',
  title: 'the boot loader starts by default what the steps so far promise',
  broken: ({ view, promised }) => {
    const actual = defaultLayer(view);
    if (actual === null) {
      return [`the default entry is ${view.defaultEntry ?? 'not set'}, which leads to no layer`];
    }
    if (promised.promisedDefault === null || actual === promised.promisedDefault) return [];
    return [`the default is ${actual}, promised is ${promised.promisedDefault}`];
  },
} satisfies Invariant;

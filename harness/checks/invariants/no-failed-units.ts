import type { Invariant } from '../invariant.ts';

export default {
  id: 'no-failed-units',
  title: 'no service of the running host has failed, unless its layer was to be unhealthy',
  broken: ({ view, promised }) =>
    view.bootedLayer !== null && promised.unhealthy.includes(view.bootedLayer)
      ? []
      : view.failedUnits.map((unit) => `${unit} has failed`),
} satisfies Invariant;

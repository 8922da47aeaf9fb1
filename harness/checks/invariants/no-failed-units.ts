import type { Invariant } from '../invariant.ts';

export default {
  id: 'no-failed-units',
  title: 'no service of the running host has failed',
  broken: ({ view }) => view.failedUnits.map((unit) => `${unit} has failed`),
} satisfies Invariant;

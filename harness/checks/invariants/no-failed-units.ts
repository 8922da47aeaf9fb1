import type { Invariant } from '../invariant.ts';

export default {
  id: 'no-failed-units',
  title: 'no service of the running host has failed',
  broken: ({ view }) =>
    view.failedUnits.map(({ unit, said }) => {
      const last = said.trim().split('\n').at(-1) ?? '';
      return last === '' ? `${unit} has failed` : `${unit} has failed: ${last.trim()}`;
    }),
} satisfies Invariant;

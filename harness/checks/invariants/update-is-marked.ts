import type { Invariant } from '../invariant.ts';

export default {
  id: 'update-is-marked',
  title: "a new layer's own package database has the update it was made by as installed",
  broken: ({ view, promised }) =>
    view.layers.flatMap(({ id, database }) => {
      const version = promised.upgraded[id];
      if (database === null || version === undefined || database.update === version) return [];
      const says = database.update === null ? 'no update' : `the update to ${database.update}`;
      return [`${id} was made by the update to ${version}, its package database knows ${says}`];
    }),
} satisfies Invariant;

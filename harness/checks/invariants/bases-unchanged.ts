import type { Invariant } from '../invariant.ts';

export default {
  id: 'bases-unchanged',
  title: 'bases are read-only and nobody has written to them',
  broken: ({ view, promised }) =>
    view.bases.flatMap((base) => {
      const first = promised.bases[base.id];
      return [
        ...(base.readOnly ? [] : [`base ${base.id} can be written to`]),
        ...(first === undefined || first === base.identity
          ? []
          : [`base ${base.id} was written to`]),
      ];
    }),
} satisfies Invariant;

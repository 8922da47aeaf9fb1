import type { Invariant } from '../invariant.ts';

export default {
  id: 'bases-hold-their-images',
  title: 'a base holds what its image holds, to the last byte',
  broken: ({ view, deed, promised }) => {
    if (deed.verb !== 'digest') return [];
    return view.bases.flatMap(({ id }) => {
      const holds = deed.bases[id] ?? null;
      if (holds === null) return [`base ${id} cannot be read`];
      const must = promised.contents[id] ?? {};
      return (['usr', 'rest'] as const)
        .filter((part) => must[part] !== undefined && must[part] !== holds[part])
        .map((part) => `base ${id} is not its image: ${WHERE[part]} differs`);
    });
  },
} satisfies Invariant;

const WHERE = { usr: '/usr', rest: 'something outside /usr' };

import type { Invariant } from '../invariant.ts';

export default {
  id: 'staged-is-whole',
  title: 'what is staged for the next start is a whole layer',
  broken: ({ view: { staged, layers } }) =>
    staged === null || layers.some(({ id }) => id === staged)
      ? []
      : [`${staged} is staged, and there is no such layer`],
} satisfies Invariant;

import type { Invariant } from '../invariant.ts';

export default {
  id: 'administrator-packages-kept',
  title:
    'a layer has the packages that the administrator had when it was made, and all their files',
  broken: ({ view, promised }) =>
    view.layers.flatMap(({ id, packages }) =>
      (promised.packagesByLayer[id] ?? [])
        .filter((name) => !packages.includes(name))
        .map((name) => `${id} has not the package ${name}, or not all of its files`),
    ),
} satisfies Invariant;

import type { Defect } from '../recipe.ts';

export default {
  name: 'default-before-kernel',
  title: 'the default is switched before the new layer and its kernel are there',
  patch: 'default-before-kernel.patch',
  invariant: 'entries-resolve',
} satisfies Defect;

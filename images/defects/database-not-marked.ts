import type { Defect } from '../recipe.ts';

export default {
  name: 'database-not-marked',
  title: "the new layer's rpm database does not know the update that made the layer",
  layout: 'thin',
  patch: 'database-not-marked.patch',
  story: 'upgrade/keeps-what-the-administrator-changed',
  invariant: 'update-is-marked',
} satisfies Defect;

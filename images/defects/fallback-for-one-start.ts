import type { Defect } from '../recipe.ts';

export default {
  name: 'fallback-for-one-start',
  title: 'a host that has fallen back by itself has the failed layer as its default',
  layout: 'ostree',
  patch: 'fallback-for-one-start.patch',
  story: 'rollback/from-an-image-that-is-unhealthy',
  invariant: 'default-as-promised',
  bugs: ['ostree-fallback-not-permanent'],
} satisfies Defect;

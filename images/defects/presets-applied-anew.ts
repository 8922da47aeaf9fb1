import type { Defect } from '../recipe.ts';

export default {
  name: 'presets-applied-anew',
  title: 'services that the administrator disabled are enabled when a new image starts',
  layout: 'ostree',
  patch: 'presets-applied-anew.patch',
  story: 'people/services-switched-off-and-on',
  invariant: 'administrator-files-kept',
} satisfies Defect;

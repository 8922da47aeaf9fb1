import type { Defect } from '../recipe.ts';

export default {
  name: 'links-only-added',
  title: 'a service that the administrator disabled is enabled again by an update',
  layout: 'thin',
  patch: 'links-only-added.patch',
  story: 'people/services-switched-off-and-on',
  invariant: 'administrator-files-kept',
  bugs: ['thin-disabled-service-enabled-again'],
} satisfies Defect;

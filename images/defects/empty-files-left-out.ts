import type { Defect } from '../recipe.ts';

export default {
  name: 'empty-files-left-out',
  title: 'a service that the administrator masked is no longer masked after an update',
  layout: 'thin',
  patch: 'empty-files-left-out.patch',
  story: 'people/services-switched-off-and-on',
  invariant: 'administrator-files-kept',
  bugs: ['thin-disabled-service-enabled-again'],
} satisfies Defect;

import type { Defect } from '../recipe.ts';

export default {
  name: 'default-recorded-twice',
  title: 'the tool tells the default from a record of its own, which is written after the menu',
  layout: 'thin',
  patch: 'default-recorded-twice.patch',
  story: 'power/cut-after-the-default-was-switched',
  invariant: 'claims-agree',
  bugs: ['thin-two-default-records-disagree'],
} satisfies Defect;

import type { Defect } from '../recipe.ts';

export default {
  name: 'extraction-status-not-asked',
  title: 'nobody asks whether the image could be extracted and written as a whole',
  layout: 'thin',
  patch: 'extraction-status-not-asked.patch',
  story: 'disk/write-error-while-extracting',
  invariant: 'bases-hold-their-images',
  bugs: ['thin-truncated-extract-accepted'],
} satisfies Defect;

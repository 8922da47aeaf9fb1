import first from './1.1.ts';

/** The update to 1.1 as a broken download leaves it. */
export default {
  ...first,
  name: 'truncated',
  title: 'the update to 1.1, cut short',
  detail: 'As a broken download leaves it. A host must refuse it.',
  example: "host.upgrade(image('truncated'), { ends: 'refused' })",
  wrong: 'truncated',
  tamper: { kind: 'cut-short', keep: 0.6 },
};

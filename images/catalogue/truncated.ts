import first from './1.1.ts';

/** The update to 1.1 as a broken download leaves it. */
export default {
  ...first,
  name: 'truncated',
  title: 'the update to 1.1, cut short',
  wrong: 'truncated',
  tamper: { kind: 'cut-short', keep: 0.6 },
};

import first from './1.1.ts';

/** The update to 1.1 as a bad cable or a bad disk leaves it. */
export default {
  ...first,
  name: 'bit-flipped',
  title: 'the update to 1.1, with one byte that is another',
  wrong: 'bit-flipped',
  tamper: { kind: 'flip' },
};

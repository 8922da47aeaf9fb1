import first from './1.1.ts';

/** The update to 1.1 with the digest of another: what a mirror serves that was replaced half way. */
export default {
  ...first,
  name: 'wrong-digest',
  title: 'the update to 1.1, under the digest of another',
  wrong: 'wrong-digest',
  tamper: { kind: 'wrong-digest' },
};

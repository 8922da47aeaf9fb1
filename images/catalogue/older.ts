import { referenceNode } from '../reference-node.ts';

export default referenceNode({
  name: 'older',
  title: 'an update to a version from before the first',
  version: '0.9',
  notes: 'Reference Node 0.9: what was there before 1.0.',
  wrong: 'older',
  tamper: { kind: 'age' },
});

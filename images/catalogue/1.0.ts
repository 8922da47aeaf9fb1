import { referenceNode } from '../reference-node.ts';

export default referenceNode({
  name: '1.0',
  title: 'the first version: what stories install',
  version: '1.0',
  notes: 'Reference Node 1.0: the first version.',
  files: { '/usr/share/hostproof/only-in-1.0': { text: 'gone with the next version\n' } },
});

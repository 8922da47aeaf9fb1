import { referenceNode } from '../reference-node.ts';

export default referenceNode({
  name: '1.1',
  title: 'the first update: another default in /etc, another package',
  version: '1.1',
  notes: 'Reference Node 1.1: adds the package tree, changes the tuning profile.',
  packages: ['tree'],
  files: { '/usr/share/hostproof/only-in-1.1': { text: 'here for one version\n' } },
});

import { referenceNode } from '../reference-node.ts';

export default referenceNode({
  name: '1.2',
  title: 'the second update: one package gone, another come',
  version: '1.2',
  notes: 'Reference Node 1.2: the package pv takes the place of tree.',
  packages: ['pv'],
  files: { '/usr/share/hostproof/only-in-1.2': { text: 'the newest of all\n' } },
});

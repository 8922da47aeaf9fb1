import { referenceNode } from '../reference-node.ts';

export default referenceNode({
  name: 'no-initramfs',
  title: 'an update that brings a kernel and no initramfs',
  version: '1.1.4',
  notes: 'Reference Node 1.1.4: its initramfs was forgotten.',
  wrong: 'no-initramfs',
  tamper: { kind: 'no-initramfs' },
});

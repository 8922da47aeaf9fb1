import { referenceNode } from '../reference-node.ts';

export default referenceNode({
  name: 'panics',
  title: 'an update whose kernel finds no root and panics',
  detail: 'It is taken, and its start ends in a panic. The older layer must still start.',
  example: "host.upgrade(image('panics')); host.reboot({ ends: 'panic' })",
  version: '1.1.1',
  notes: 'Reference Node 1.1.1: its initramfs is empty.',
  wrong: 'panics',
  tamper: { kind: 'empty-initramfs' },
});

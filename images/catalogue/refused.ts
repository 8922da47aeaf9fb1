import { referenceNode } from '../reference-node.ts';
import first from './1.1.ts';

const BROKEN_MENU = `END {
    print "set default=\\"" default_id "\\""
    print "menuentry 'Reference Node' {"
}
`;

/** Updates that no host takes. What is cut short is not among them: every suite has need of it. */
export default [
  {
    ...first,
    family: 'refused',
    name: 'refused-bit-flipped',
    title: 'the update to 1.1, with one byte that is another, as a bad disk leaves it',
    wrong: 'bit-flipped',
    tamper: { kind: 'flip' },
  },
  {
    ...first,
    family: 'refused',
    name: 'refused-wrong-digest',
    title:
      'the update to 1.1, under the digest of another, as on a mirror that was changed half way',
    wrong: 'wrong-digest',
    tamper: { kind: 'wrong-digest' },
  },
  {
    ...first,
    family: 'refused',
    name: 'refused-other-layout',
    title: 'the update to 1.1, of which the tree is laid out as hosts of the other layout have it',
    wrong: 'other-layout',
    tamper: { kind: 'other-layout' },
  },
  {
    ...first,
    family: 'refused',
    name: 'refused-no-etc',
    title: 'the update to 1.1, without an /etc',
    wrong: 'no-etc',
    tamper: { kind: 'no-etc' },
  },
  referenceNode({
    family: 'refused',
    name: 'refused-older',
    title: 'an update to a version from before the first',
    version: '0.9',
    notes: 'Reference Node 0.9: what was there before 1.0.',
    wrong: 'older',
    tamper: { kind: 'age' },
  }),
  referenceNode({
    family: 'refused',
    name: 'refused-no-initramfs',
    title: 'an update that brings a kernel and no initramfs',
    version: '1.1.4',
    notes: 'Reference Node 1.1.4: its initramfs was forgotten.',
    wrong: 'no-initramfs',
    tamper: { kind: 'no-initramfs' },
  }),
  referenceNode({
    family: 'refused',
    name: 'refused-broken-menu',
    title: 'an update that makes a boot menu which GRUB cannot parse',
    version: '1.1.5',
    notes: 'Reference Node 1.1.5: the menu that it makes has an entry that is never closed.',
    wrong: 'broken-menu',
    files: { '/usr/libexec/reference-node/menu.awk': { text: BROKEN_MENU } },
  }),
];

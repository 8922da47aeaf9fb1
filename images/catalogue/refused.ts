import type { Recipe } from '../recipe.ts';
import { referenceNode } from '../reference-node.ts';
import first from './1.1.ts';

const BROKEN_MENU = `END {
    print "set default=\\"" default_id "\\""
    print "menuentry 'Reference Node' {"
}
`;

const IN_STORIES = "its story says families: ['refused'].";

/** What they have in common. */
function refused(wrong: NonNullable<Recipe['wrong']>) {
  const name = `refused-${wrong}`;
  return {
    ...{ family: 'refused', name, wrong },
    detail: `A host must refuse it; ${IN_STORIES}`,
    example: `host.upgrade(image('${name}'), { ends: 'refused' })`,
  };
}

/** Updates that no host takes. What is cut short is not among them: every suite has need of it. */
export default [
  {
    ...first,
    ...refused('bit-flipped'),
    title: 'the update to 1.1, with one byte that is another, as a bad disk leaves it',
    tamper: { kind: 'flip' },
  },
  {
    ...first,
    ...refused('wrong-digest'),
    title:
      'the update to 1.1, under the digest of another, as on a mirror that was changed half way',
    tamper: { kind: 'wrong-digest' },
  },
  {
    ...first,
    ...refused('other-layout'),
    title: 'the update to 1.1, of which the tree is laid out as hosts of the other layout have it',
    tamper: { kind: 'other-layout' },
  },
  {
    ...first,
    ...refused('no-etc'),
    title: 'the update to 1.1, without an /etc',
    tamper: { kind: 'no-etc' },
  },
  referenceNode({
    ...refused('older'),
    title: 'an update to a version from before the first',
    version: '0.9',
    notes: 'Reference Node 0.9: what was there before 1.0.',
    tamper: { kind: 'age' },
  }),
  referenceNode({
    ...refused('no-initramfs'),
    title: 'an update that brings a kernel and no initramfs',
    version: '1.1.4',
    notes: 'Reference Node 1.1.4: its initramfs was forgotten.',
    tamper: { kind: 'no-initramfs' },
  }),
  referenceNode({
    ...refused('broken-menu'),
    title: 'an update that makes a boot menu which GRUB cannot parse',
    detail: `A host must refuse or undo it, and take the next update; ${IN_STORIES}`,
    example: "host.upgrade(image('refused-broken-menu'), { ends: ['refused', 'failed'] })",
    version: '1.1.5',
    notes: 'Reference Node 1.1.5: the menu that it makes has an entry that is never closed.',
    files: { '/usr/libexec/reference-node/menu.awk': { text: BROKEN_MENU } },
  }),
];

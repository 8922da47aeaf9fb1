import type { Invariant } from '../invariant.ts';

export default {
  id: 'menu-is-switched',
  title: "the boot loader's menu is replaced as a whole file, never written in place",
  broken: ({ view, before }) => {
    const was = before?.menu ?? null;
    const { menu } = view;
    if (was === null || menu === null) return [];
    if (was.file !== menu.file || was.sha256 === menu.sha256) return [];
    return ['the menu was written in place: a power cut would have left half of it'];
  },
} satisfies Invariant;

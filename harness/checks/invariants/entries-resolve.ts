import type { Invariant } from '../invariant.ts';

export default {
  id: 'entries-resolve',
  title: 'every boot entry leads to an existing kernel, an existing initramfs and an existing root',
  broken: ({ view }) =>
    view.entries.flatMap((entry) => [
      ...(entry.kernelPresent ? [] : [`entry ${entry.id}: its kernel does not exist`]),
      ...(entry.initramfsPresent ? [] : [`entry ${entry.id}: its initramfs does not exist`]),
      ...(entry.rootPresent
        ? []
        : [`entry ${entry.id}: what it would start as root does not exist`]),
    ]),
} satisfies Invariant;

import { at, diskError, scenario } from '../../harness/scenario.ts';
import { outlives } from '../_failing-disk.ts';

/** By then the pool has the new volume, and a pool whose flush fails is one that LVM cannot remove it from. */
const WHILE_EXTRACTING = at('upgrade', 0.75);

export default scenario(
  {
    title:
      'A flush that fails while the image is extracted leaves a host that starts as it was, or new',
    layouts: ['thin'],
    notOn: { ostree: 'objects come one by one, and no volume: see disk/flushes-fail-half-way' },
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  (story) => outlives(diskError({ when: WHILE_EXTRACTING, command: 'flush' }), story),
);

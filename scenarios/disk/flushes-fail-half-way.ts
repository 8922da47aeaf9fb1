import { at, diskError, scenario } from '../../harness/scenario.ts';
import { outlives } from '../_failing-disk.ts';

export default scenario(
  {
    title:
      'A flush that fails half way through an upgrade leaves a host that starts as it was, or new',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  (story) => outlives(diskError({ when: at('upgrade', 0.5), command: 'flush' }), story),
);

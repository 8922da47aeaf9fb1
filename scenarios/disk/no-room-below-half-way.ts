import { at, diskFull, scenario } from '../../harness/scenario.ts';
import { outlives } from '../_failing-disk.ts';

export default scenario(
  {
    title:
      'Storage that runs full below the host half way through an upgrade leaves it as it was, or new',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  (story) => outlives(diskFull({ when: at('upgrade', 0.5) }), story),
);

import { at, flushLost, scenario } from '../../harness/scenario.ts';
import { outlives } from '../_failing-disk.ts';

/** So few that others follow in the same upgrade: an ostree host flushes some twenty times from there on, a thin one some hundreds. */
const LOST_FLUSHES = 5;

export default scenario(
  {
    title:
      'Flushes that are lost in an upgrade are made up for by those that follow, before the power goes',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  (story) =>
    outlives(flushLost({ when: at('upgrade', 0.3), times: LOST_FLUSHES }), story, ['done']),
);

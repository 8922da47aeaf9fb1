import { at, diskGone, scenario } from '../../harness/scenario.ts';
import { outlives } from '../_failing-disk.ts';

/** Longer than a request waits before it fails. */
const BACK_AFTER_S = 10;

export default scenario(
  {
    title:
      'A disk that is gone for too long in an upgrade leaves a host that starts as it was, or new',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  (story) =>
    outlives(
      diskGone({ when: at('upgrade', 0.5), command: 'write', backAfterS: BACK_AFTER_S }),
      story,
    ),
);

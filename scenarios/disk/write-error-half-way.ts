import { at, diskError, scenario } from '../../harness/scenario.ts';
import { outlives } from '../_failing-disk.ts';

/** Some, so that it is no block that is written again with the next. */
const FAILING_WRITES = 8;

export default scenario(
  {
    title:
      'Writes that fail half way through an upgrade leave a host that starts as it was, or new',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  (story) =>
    outlives(
      diskError({ when: at('upgrade', 0.5), command: 'write', times: FAILING_WRITES }),
      story,
    ),
);

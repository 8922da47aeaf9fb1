import { at, diskError, scenario } from '../../harness/scenario.ts';
import { outlives } from '../_failing-disk.ts';

/** Some, so that it is not what is read ahead only, which is asked for again. */
const FAILING_READS = 5;

export default scenario(
  {
    title: 'Reads that fail in an upgrade leave a host that starts as it was, or new',
    layouts: ['thin', 'ostree'],
    firmware: ['uefi'],
    disks: 'served',
    suite: 'full',
  },
  (story) =>
    outlives(diskError({ when: at('upgrade', 0.2), command: 'read', times: FAILING_READS }), story),
);

/** A repository at the end of a line that is too thin. */
import type { FaultKind, LineFault } from '../domain/fault.ts';
import type { ServedMoment } from '../domain/moment.ts';

export default {
  name: 'repository-slow',
  title: 'The line to the repository is slow: no more than so many bytes a second come through.',
  detail: 'From so many bytes on, until the step has ended, which must be well.',
  example: "host.upgrade(image('1.1'), { fault: repositorySlow({ bytesPerSecond: 2 ** 20 }) })",
} satisfies FaultKind;

export function repositorySlow({
  when = { at: 'served', bytes: 0 },
  bytesPerSecond,
}: {
  readonly bytesPerSecond: number;
  readonly when?: ServedMoment;
}): LineFault {
  return {
    fault: 'repository-slow',
    strikes: 'line',
    does: { kind: 'slow', bytesPerSecond },
    when,
  };
}

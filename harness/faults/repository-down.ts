/** Nobody answers where updates come from: every connection ends before anything has come through it. */
import type { FaultKind, LineFault } from '../domain/fault.ts';

export default {
  name: 'repository-down',
  title: 'The repository is down: every connection to it ends before a byte has come.',
  detail: 'It lasts until the step has ended. It strikes when somebody asks.',
  example: "host.upgrade(image('1.1'), { fault: repositoryDown() })",
} satisfies FaultKind;

export function repositoryDown(): LineFault {
  const when = { at: 'served', bytes: 0 } as const;
  return { fault: 'repository-down', strikes: 'line', does: { kind: 'drop' }, when };
}

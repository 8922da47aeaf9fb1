/** Moments that a disk which can lie counts itself: what is polled comes a few requests late. */
import type { DiskRule } from '../domain/disk-rule.ts';
import type { DiskFault } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';
import type { DiskFaults } from '../ports/host-disk.ts';
import type { Disarm, RunningMachine } from '../ports/machine.ts';
import type { Seen } from './moments.ts';

/** The same fault, if it waits for bytes, with a rule that waits for them from the beginning of the step on. */
export function countedByDisk(plan: DiskFault, bytesPlanned: number): DiskFault {
  const afterBytes = bytesOf(plan.when, bytesPlanned);
  if (afterBytes === null) return plan;
  return { ...plan, when: { at: 'start' }, rule: { ...plan.rule, afterBytes } };
}

/** By what a disk vanishes at the moment; null for one that no disk knows anything of. */
export function vanishingAt(moment: Moment, bytesPlanned: number): DiskRule | null {
  const effect = { kind: 'vanish' } as const;
  if (moment.at === 'requests') return { command: moment.command, nth: moment.count, effect };
  const afterBytes = bytesOf(moment, bytesPlanned);
  return afterBytes === null ? null : { afterBytes, effect };
}

/**
 * Has the disk vanish by the rule: the request at which the moment comes is not answered any more, nor any after it.
 *
 * @returns resolves when it has; and what takes the rule back, for a step that is over before
 */
export async function watchByDisk(
  rule: DiskRule,
  disk: Pick<DiskFaults, 'arm'>,
  machine: Pick<RunningMachine, 'blockStatistics'>,
): Promise<{ readonly come: Promise<Seen>; readonly disarm: Disarm }> {
  const before = await machine.blockStatistics();
  let vanish: () => void = () => undefined;
  const vanished = new Promise<void>((resolve) => (vanish = resolve));
  const disarm = await disk.arm(rule, () => {
    vanish();
  });
  const come = vanished.then(async () => {
    const now = await machine.blockStatistics();
    return { bytesWritten: now.bytesWritten - before.bytesWritten };
  });
  // whoever gives up no longer waits for it
  come.catch(() => undefined);
  return { come, disarm };
}

function bytesOf(moment: Moment, bytesPlanned: number): number | null {
  if (moment.at === 'bytes') return moment.bytes;
  return moment.at === 'fraction' ? Math.ceil(moment.fraction * bytesPlanned) : null;
}

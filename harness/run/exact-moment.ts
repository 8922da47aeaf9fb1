/** Moments that a disk which can lie counts itself: what is polled comes a few requests late. */
import type { DiskRule } from '../domain/disk-rule.ts';
import type { DiskFault } from '../domain/fault.ts';
import type { Moment } from '../domain/moment.ts';
import type { DiskFaults } from '../ports/host-disk.ts';
import type { RunningMachine } from '../ports/machine.ts';
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
 * @returns `come`: resolves when it has; `withdraw`: takes the rule back, and says whether that was too late
 */
export async function watchByDisk(
  rule: DiskRule,
  disk: Pick<DiskFaults, 'arm'>,
  machine: Pick<RunningMachine, 'blockStatistics'>,
): Promise<{ readonly come: Promise<Seen>; readonly withdraw: () => Promise<boolean> }> {
  const before = await machine.blockStatistics();
  const sinceBefore = async (): Promise<number> =>
    (await machine.blockStatistics()).bytesWritten - before.bytesWritten;
  let hasVanished = false;
  let vanish: (seen: Seen) => void = () => undefined;
  const come = new Promise<Seen>((resolve) => (vanish = resolve));
  const disarm = await disk.arm(rule, () => {
    hasVanished = true;
    // a machine that has just gone does not say any more; it was not less
    vanish({ bytesWritten: sinceBefore().catch(() => rule.afterBytes ?? 0) });
  });
  const withdraw = async (): Promise<boolean> => {
    // what was struck is told before this is answered
    await disarm();
    return hasVanished;
  };
  return { come, withdraw };
}

function bytesOf(moment: Moment, bytesPlanned: number): number | null {
  if (moment.at === 'bytes') return moment.bytes;
  return moment.at === 'fraction' ? Math.ceil(moment.fraction * bytesPlanned) : null;
}

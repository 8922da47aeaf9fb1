/** What becomes of what is staged when its host goes down: by itself it is made then, and with the power it is lost. */
import { filledBy, type Deed, type Hindrance } from './deed.ts';
import { fillerIn } from './fillable.ts';
import { menuLayer, type HostView } from './view.ts';

/** The part of the ledger that tells of what is staged. */
export interface Staging {
  /** The last view. */
  readonly last: HostView | null;
  /** Something is staged: it is made when the host goes down by itself, and is lost with the power before. */
  readonly isStaged: boolean;
  /** Room that it was measured to have was taken after that: it may not be made. */
  readonly isCrowded: boolean;
  /** The host went down with room too little or a disk that failed, and may say so until another upgrade has begun and ended. */
  readonly mayBeUnmade: boolean;
  /** Layer that boots by default, by promise; null until first known. */
  readonly promisedDefault: string | null;
  /**
   * Version of an upgrade that was cut, failed as its disk did, or may not have been made when the host went down, until another has
   * begun and ended: its remains are allowed, and so is itself.
   */
  readonly interrupted: string | null;
  /** What the last upgrade had staged may be lost: what it has left is allowed until another has begun and ended. */
  readonly mayHaveLeft: boolean;
}

/** By itself: what is staged is made, or may be, if its room was taken or the disk failed. */
export function goneDown<T extends Staging>(ledger: T, hindrance?: Hindrance): T {
  const isAtRisk = ledger.isCrowded || (ledger.isStaged && hindrance !== undefined);
  return isAtRisk ? { ...cutGoingDown(ledger), mayBeUnmade: true } : { ...ledger, isStaged: false };
}

/** What was only staged is lost with the power, and may be: the boot loader's menu is what holds, and its files lie about. */
export function afterCut<T extends Staging>(ledger: T): T {
  if (ledger.last === null || !ledger.isStaged) return ledger;
  const promisedDefault = menuLayer(ledger.last);
  return { ...ledger, isStaged: false, isCrowded: false, mayHaveLeft: true, promisedDefault };
}

/** What was staged may have been made, or not, or in part. */
export function cutGoingDown<T extends Staging>(ledger: T): T {
  const { last, isStaged, isCrowded } = ledger;
  const staged = isStaged ? last?.layers.find(({ id }) => id === last.staged) : undefined;
  const mayBeUnmade = ledger.mayBeUnmade || isCrowded;
  return { ...afterCut(ledger), mayBeUnmade, interrupted: staged?.version ?? ledger.interrupted };
}

/** Kernels are copied to /boot on the way down, which nobody measures once more. */
export function isCrowdedAfter({ isStaged, isCrowded }: Staging, deed: Deed): boolean {
  if (deed.verb === 'remove' && deed.path === fillerIn('/boot')) return false;
  const isTaken = filledBy(deed) === '/boot';
  // its own room was measured
  if (deed.verb === 'upgrade' && deed.outcome === 'done') return isTaken;
  return isCrowded || (isStaged && isTaken);
}

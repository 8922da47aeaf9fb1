/** What a step did, as far as promises go. */
import type { TreeContent } from './image.ts';
import { fillerIn, type Filled } from './fillable.ts';
import type { BootEnd, Outcome, Results, Verb } from './verb.ts';

/** What a base must hold, as far as it is known. */
export type BaseContent = Partial<TreeContent>;

export interface UpgradeDeed {
  readonly verb: 'upgrade';
  readonly outcome: Outcome;
  readonly version: string;
  readonly content: BaseContent;
  /** The host went down as it does for every restart: what was staged is made on the way. */
  readonly isOrderly: boolean;
  /** Its disk failed, or was gone for a while: it may not have been able to remove what it had made. */
  readonly hindrance: 'failing' | 'gone' | null;
  /** What was filled while it was under way; null: the place of the layers. Absent: nothing was. */
  readonly filled?: Filled | null;
}

export type Deed =
  | { readonly verb: 'install'; readonly content: BaseContent }
  | UpgradeDeed
  | ({ readonly verb: 'digest' } & Results['digest'])
  | { readonly verb: 'rollback'; readonly outcome: Outcome; readonly to: string | null }
  | { readonly verb: 'write'; readonly path: string; readonly sha256: string }
  | { readonly verb: 'remove'; readonly path: string }
  | { readonly verb: 'boot' | 'reboot'; readonly ends: BootEnd | 'cut' }
  /** `isCut`: a fault took the power away on the way down. */
  | { readonly verb: 'powerOff'; readonly isCut: boolean }
  | { readonly verb: 'select'; readonly version: string }
  | { readonly verb: 'addUser'; readonly name: string }
  | { readonly verb: 'addKernelArgument'; readonly argument: string }
  | { readonly verb: 'installPackage'; readonly name: string }
  | { readonly verb: 'fill'; readonly where: Filled | null }
  | { readonly verb: Exclude<Verb, TellingVerb> };

/** Verbs that say more than that they were done. */
type TellingVerb =
  | 'install'
  | 'boot'
  | 'reboot'
  | 'powerOff'
  | 'upgrade'
  | 'digest'
  | 'rollback'
  | 'write'
  | 'remove'
  | 'select'
  | 'addUser'
  | 'addKernelArgument'
  | 'installPackage'
  | 'fill';

/** The host has just been started, and nothing was done to it since. */
export function isStart({ verb }: Deed): boolean {
  return verb === 'boot' || verb === 'reboot' || verb === 'select';
}

/**
 * Its disk was gone, and the upgrade did not come to its end: what the host says now is of memory only, and nobody knows more before it
 * starts again.
 */
export function isInDoubt(deed: Deed): boolean {
  if (deed.verb !== 'upgrade' || deed.hindrance !== 'gone') return false;
  return deed.outcome === 'failed' || deed.outcome === 'refused';
}

/** What was filled on purpose in this step; null: the place of the layers; undefined: nothing. */
export function filledBy(deed: Deed): Filled | null | undefined {
  if (deed.verb === 'fill') return deed.where;
  return deed.verb === 'upgrade' ? deed.filled : undefined;
}

/** Files that have the space of what was filled. */
export function fillersOf(deed: Deed): readonly string[] {
  const where = filledBy(deed);
  if (where === undefined) return [];
  // where layouts have no volume for it, the place of the layers is that of /var
  return [fillerIn(where ?? '/var')];
}

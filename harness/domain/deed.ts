/** What a step did, as far as promises go. */
import type { DiskEffect } from './disk-rule.ts';
import type { FaultPlan } from './fault.ts';
import { fillerIn, type Filled } from './fillable.ts';
import type { TreeContent } from './image.ts';
import type { Args, BootEnd, Outcome, Result, Results, Verb } from './verb.ts';

/** What a base must hold, as far as it is known. */
export type BaseContent = Partial<TreeContent>;

/** Its disk failed, or was gone for a while: whatever it was to write may not be there. Absent from deeds: it was not. */
export type Hindrance = 'failing' | 'gone';

export interface UpgradeDeed {
  readonly verb: 'upgrade';
  readonly outcome: Outcome;
  readonly version: string;
  readonly content: BaseContent;
  /** The host went down as it does for every restart: what was staged is made on the way. */
  readonly isOrderly: boolean;
  /** It may not have been able to remove what it had made. */
  readonly hindrance?: Hindrance;
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
  | { readonly verb: 'boot'; readonly ends: BootEnd | 'cut' }
  | {
      readonly verb: 'reboot';
      readonly ends: BootEnd | 'cut';
      readonly hindrance?: Hindrance;
    }
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

/** Effects that a host is told of, at once or by the time that it waits. */
const HINDRANCES: Readonly<Partial<Record<DiskEffect['kind'], Hindrance>>> = {
  error: 'failing',
  vanish: 'gone',
};

function hinderedBy(fault: FaultPlan | undefined): { readonly hindrance?: Hindrance } {
  const hindrance = fault?.strikes === 'disk' ? HINDRANCES[fault.rule.effect.kind] : undefined;
  return hindrance === undefined ? {} : { hindrance };
}

interface Lookups {
  readonly sha256: (text: string) => string;
  readonly versionOf: (image: string) => string;
}

export function deedOf<V extends Verb>(
  verb: V,
  args: Args<V>,
  result: Result<V>,
  lookups: Lookups,
): Deed {
  switch (verb) {
    case 'install':
      return { verb, content: (result as Result<'install'>).content };
    case 'upgrade': {
      const { image, fault } = args as Args<'upgrade'>;
      const { outcome, content } = result as Result<'upgrade'>;
      const isOrderly = !(fault?.strikes === 'power' && fault.does !== 'reboot');
      const version = lookups.versionOf(image.image);
      const filled = fault?.strikes === 'space' && { filled: fault.where ?? null };
      return { verb, outcome, version, content, isOrderly, ...hinderedBy(fault), ...filled };
    }
    case 'boot':
      return { verb, ends: (result as Result<'boot'>).ends };
    case 'reboot': {
      const { ends } = result as Result<'reboot'>;
      return { verb, ends, ...hinderedBy((args as Args<'reboot'>).fault) };
    }
    case 'powerOff':
      return { verb, isCut: (result as Result<'powerOff'>).stamp != null };
    case 'digest':
      return { verb, ...(result as Result<'digest'>) };
    case 'rollback':
      return {
        verb,
        outcome: (result as Result<'rollback'>).outcome,
        to: (args as Args<'rollback'>).to ?? null,
      };
    case 'write': {
      const { path, content } = args as Args<'write'>;
      return { verb, path, sha256: lookups.sha256(content) };
    }
    case 'remove':
      return { verb, path: (args as Args<'remove'>).path };
    case 'addUser':
      return { verb, name: (args as Args<'addUser'>).name };
    case 'addKernelArgument':
      return { verb, argument: (args as Args<'addKernelArgument'>).argument };
    case 'installPackage':
      return { verb, name: (args as Args<'installPackage'>).name };
    case 'fill':
      return { verb, where: (args as Args<'fill'>).where ?? null };
    case 'select':
      return { verb, version: (args as Args<'select'>).version };
    default:
      return { verb };
  }
}

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

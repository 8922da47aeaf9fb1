/** What a finished verb means for the promises, and whether it ended as the story said it must. */
import { HostproofError } from '../domain/errors.ts';
import type { DiskEffect } from '../domain/disk-rule.ts';
import type { FaultPlan, FaultStamp } from '../domain/fault.ts';
import type { Deed } from '../domain/deed.ts';
import type { Args, Outcome, Result, Verb } from '../domain/verb.ts';

/** Effects that a host is told of, at once or by the time that it waits. */
const HINDRANCES: Readonly<Partial<Record<DiskEffect['kind'], 'failing' | 'gone'>>> = {
  error: 'failing',
  vanish: 'gone',
};

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
      const effect = fault?.strikes === 'disk' ? fault.rule.effect.kind : null;
      const hindrance = effect === null ? null : (HINDRANCES[effect] ?? null);
      const version = lookups.versionOf(image.image);
      const filled = fault?.strikes === 'space' && { filled: fault.where ?? null };
      return { verb, outcome, version, content, isOrderly, hindrance, ...filled };
    }
    case 'boot':
    case 'reboot':
      return { verb, ends: (result as Result<'boot' | 'reboot'>).ends };
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

/** How an upgrade ends that meets this fault, unless the story says otherwise. */
export function endsUnder(fault: FaultPlan | undefined): readonly Outcome[] {
  switch (fault?.strikes) {
    case 'power':
      return ['cut'];
    case 'line':
      return fault.does.kind === 'slow' ? ['done'] : ['refused', 'failed'];
    case 'space':
      return ['refused', 'failed'];
    case 'disk':
      // whoever is lied to, or waits, cannot know
      return fault.rule.effect.kind === 'error' ? ['refused', 'failed'] : ['done'];
    default:
      return ['done'];
  }
}

/** The error for a step that did not end as it must, or whose fault did not strike; null if all is as it must be. */
export function unexpectedEnd<V extends Verb>(
  verb: V,
  args: Args<V>,
  result: Result<V>,
): HostproofError | null {
  const { fault } = args as { readonly fault?: FaultPlan };
  const { stamp = null } = result as { readonly stamp?: FaultStamp | null };
  const ended = verb === 'upgrade' || verb === 'rollback' ? (result as Ended) : null;
  const isLate = stamp !== null && 'isLate' in stamp && ended?.outcome === 'done';
  const isUnstruck = fault !== undefined && (stamp === null || isLate);
  if (isUnstruck && (ended === null || ended.outcome === 'done')) {
    const how = ended === null ? '' : ` (${ended.outcome})`;
    return new HostproofError(
      'story/fault-never-struck',
      `${fault.fault} was armed, and the ${verb} ended${how} before it struck`,
    );
  }
  if (verb === 'fill') {
    const place = args as Args<'fill'>;
    const { leftMiB } = result as Result<'fill'>;
    const isFilled = leftMiB <= place.leaveMiB && leftMiB >= place.leaveMiB - FILL_SLACK_MIB;
    return isFilled ? null : unfilled(place, leftMiB);
  }
  // the update goes on writing meanwhile: less is no wonder
  if (fault?.strikes === 'space' && stamp !== null) {
    const { takenMiB, leftMiB } = { takenMiB: 0, leftMiB: Infinity, ...stamp };
    if (takenMiB === 0 || leftMiB > fault.leaveMiB) return unfilled(fault, leftMiB);
  }
  if (ended === null) return null;
  const { ends } = args as Args<'upgrade'>;
  const must = ends === undefined ? endsUnder(fault) : [ends].flat();
  if (must.includes(ended.outcome) && !isUnstruck) return null;
  const instead = isUnstruck ? `before the ${fault.fault}` : `expected was ${must.join(' or ')}`;
  const reason = ended.reason === null ? '' : `: ${ended.reason}`;
  const message = `the ${verb} was ${ended.outcome}, ${instead}${reason}`;
  return new HostproofError('host/expectation', message, { invariant: `expect.${verb}` });
}

/** MiB that the host itself may take while a place is filled. */
const FILL_SLACK_MIB = 8;

/** A place that was not filled, or was fuller already, would have the story prove something else. */
function unfilled({ leaveMiB, where }: Args<'fill'>, leftMiB: number): HostproofError {
  const place = where ?? 'the place of layers';
  const message = `${place} has ${leftMiB.toString()} MiB left, and was to be filled until there are ${leaveMiB.toString()}`;
  return new HostproofError('story/fault-never-struck', message, {
    hint: 'leave less than what is free there, and give back first what was taken before',
  });
}

type Ended = Pick<Result<'upgrade' | 'rollback'>, 'outcome' | 'reason'>;

/** How a verb must end, by what the story says and by the fault that it met. */
import { HostproofError } from './errors.ts';
import type { FaultPlan, FaultStamp } from './fault.ts';
import type { Args, Outcome, Result, Verb } from './verb.ts';

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

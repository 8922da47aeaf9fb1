/** How far the memory of earlier runs goes for a story, and from where it can go on. */
import type { ActRecord } from '../../domain/checkpoint.ts';
import type { Json } from '../../domain/json.ts';
import type { Verb } from '../../domain/verb.ts';
import type { Checkpoints } from '../../ports/checkpoints.ts';
import type { Host } from '../../ports/host.ts';
import { rootOf } from './keys.ts';
import { RememberedHost, type RememberedOptions } from './remembered-host.ts';

/** What a job needs to remember earlier runs. */
export interface Memory extends Pick<RememberedOptions, 'sha256' | 'clock' | 'newId' | 'madeFor'> {
  readonly checkpoints: Checkpoints;
  /** All that a host is made from and by before its first act. */
  readonly identity: Json;
  /** Of the acts that are foreseen. */
  readonly verbs: readonly Verb[];
  /** In how many ways stories go on after each of them. */
  readonly continuations: readonly number[];
}

/**
 * A host that remembers, before its first act. The story is told once to what is known alone: if that does not reach its end,
 * the host will go on from the last state on the way that is kept.
 *
 * @param tell tells the story to a host, in silence
 */
export async function remembering(
  host: Host,
  memory: Memory,
  symptoms: RememberedOptions['symptoms'],
  tell: (host: RememberedHost) => Promise<unknown>,
): Promise<RememberedHost> {
  const options = {
    ...memory,
    course: memory,
    ...{ root: rootOf(memory.sha256, memory.identity), inputs: host.inputs.bind(host), symptoms },
  };
  const silent = { take: () => [], tell: () => undefined };
  const known = new RememberedHost({
    ...{ ...options, host: null, recalls: Infinity, before: [], symptoms: silent },
  });
  await tell(known);
  const before = known.trail;
  if (!known.isLost) return new RememberedHost({ ...options, host, before, recalls: Infinity });
  const recalls = await restorable(before, memory.checkpoints);
  const course = { ...memory, continuations: partingAfter(before.length, memory.continuations) };
  return new RememberedHost({ ...options, host, before, recalls, course });
}

/** Where what is known ends, this story parts from one that was told before, whether or not that was foreseen. */
function partingAfter(acts: number, foreseen: readonly number[]): readonly number[] {
  return foreseen.map((count, index) => (index === acts - 1 ? Math.max(count, 2) : count));
}

/** How many acts lead to the last state that can be gone on from. */
async function restorable(trail: readonly ActRecord[], checkpoints: Checkpoints): Promise<number> {
  for (let acts = trail.length; acts > 0; acts--) {
    const state = trail[acts - 1]?.state ?? null;
    if (state !== null && (await checkpoints.open(state)) !== null) return acts;
  }
  return 0;
}

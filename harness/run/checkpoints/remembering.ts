/** Decides from where a story can go on: it is told once in silence to what is known, before it is told to a host. */
import type { ActRecord } from '../../domain/checkpoint.ts';
import type { Json } from '../../domain/json.ts';
import type { Checkpoints } from '../../ports/checkpoints.ts';
import type { Host, StepHost } from '../../ports/host.ts';
import { rootOf } from './keys.ts';
import { Recollection } from './recollection.ts';
import { RememberedHost, type Memory, type SymptomTap } from './remembered-host.ts';

export interface Remembering extends Memory {
  /** All that a host is made from and by before its first act. */
  readonly identity: Json;
}

export interface Silence {
  /** Tells the story in silence; resolves with whether it came to a good end, if it is not given up before. */
  readonly tell: (host: StepHost) => Promise<boolean>;
  /** The host will be wanted as it is at the end, also if all is known. */
  readonly isEntered?: boolean;
}

/** A host that remembers, before its first act. */
export async function remembering(
  below: Host,
  memory: Remembering,
  symptoms: SymptomTap,
  { tell, isEntered = false }: Silence,
): Promise<RememberedHost> {
  const root = rootOf(memory.sha256, memory.identity);
  const recollection = new Recollection({ ...memory, root, inputs: below.inputs.bind(below) });
  const isGood = await Promise.race([tell(recollection.host), recollection.lost]);
  const { acts, isLost, records } = recollection.known();
  const options = { ...memory, below, root, records, symptoms, suspect: null };
  if (isGood && !isLost && !isEntered)
    return new RememberedHost({ ...options, before: acts, recalls: acts.length });
  // a story that fails by what is known does not fail by that alone: its last act is done again
  const last = isLost || isEntered ? undefined : acts.at(-1);
  const suspect = last === undefined ? null : { index: acts.length - 1, record: last };
  const before = suspect === null ? acts : acts.slice(0, -1);
  const recalls = await restorable(before, memory.checkpoints);
  const continuations = partingAfter(before.length, memory.continuations);
  return new RememberedHost({ ...options, continuations, before, recalls, suspect });
}

/** Where what is known ends, this story parts from one that was told before, whether or not that was foreseen. */
function partingAfter(acts: number, foreseen: readonly number[]): readonly number[] {
  return foreseen.map((count, index) => (index === acts - 1 ? Math.max(count, 2) : count));
}

/** How many acts lead to the last state that can be gone on from. */
async function restorable(acts: readonly ActRecord[], checkpoints: Checkpoints): Promise<number> {
  for (let length = acts.length; length > 0; length--) {
    const state = acts[length - 1]?.state ?? null;
    if (state !== null && (await checkpoints.open(state)) !== null) return length;
  }
  return 0;
}

/** Which states are thrown away. */
import type { StoredState } from './states.ts';

export interface Claims {
  /** States that a record names. */
  readonly named: ReadonlySet<string>;
  /** States that a living process uses. */
  readonly taken: ReadonlySet<string>;
  /** What all that is left may take, in bytes. */
  readonly budgetBytes: number;
}

/**
 * States that no record names, and those that were not used for the longest time, until what is left fits the budget. What
 * others stand on goes after them; what is in use stays.
 *
 * @returns in the order in which they are to go
 */
export function condemned(states: readonly StoredState[], claims: Claims): StoredState[] {
  const left = inOrderOfUse(states);
  const gone: StoredState[] = [];
  let sizeBytes = left.reduce((sum, one) => sum + one.sizeBytes, 0);
  for (const one of [...left]) {
    const isWanted = claims.named.has(one.id) && sizeBytes <= claims.budgetBytes;
    const isNeeded =
      claims.taken.has(one.id) || left.some(({ state }) => state?.standsOn === one.id);
    if (isWanted || isNeeded) continue;
    gone.push(one);
    left.splice(left.indexOf(one), 1);
    sizeBytes -= one.sizeBytes;
  }
  return gone;
}

/** Longest unused first; what others stand on is used as they are, and comes after them. */
function inOrderOfUse(states: readonly StoredState[]): StoredState[] {
  const below = new Map(states.map(({ id, state }) => [id, state?.standsOn ?? null]));
  const usedMs = new Map(states.map((one) => [one.id, one.usedMs]));
  const depths = new Map<string, number>();
  for (const { id, usedMs: own } of states) {
    let depth = 0;
    for (let on = below.get(id) ?? null; on !== null && depth < states.length;) {
      usedMs.set(on, Math.max(usedMs.get(on) ?? 0, own));
      depth++;
      on = below.get(on) ?? null;
    }
    depths.set(id, depth);
  }
  const used = ({ id }: StoredState): number => usedMs.get(id) ?? 0;
  const depth = ({ id }: StoredState): number => depths.get(id) ?? 0;
  return [...states].sort((one, other) => used(one) - used(other) || depth(other) - depth(one));
}

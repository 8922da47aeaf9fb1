import { HostproofError } from './errors.ts';

/** The name, if it is one of those. @throws HostproofError `usage/unknown-name`, with the nearest one */
export function known<T extends string>(kind: string, name: string, names: readonly T[]): T {
  const found = names.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new HostproofError('usage/unknown-name', unknownName(kind, name, names));
}

/** The one of that name. @throws HostproofError `usage/unknown-name`, with the nearest one */
export function named<T extends { readonly name: string }>(
  kind: string,
  name: string,
  all: readonly T[],
): T {
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = all.map((one) => one.name);
  throw new HostproofError('usage/unknown-name', unknownName(kind, name, names));
}

/** More names than this are no help on one line. */
const NAMES_MAX = 20;

/** The known name that is nearest to a mistyped one; of a path the last part may be meant. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of names) {
    const parts = [candidate, candidate.slice(candidate.lastIndexOf('/') + 1)];
    const distance = Math.min(
      ...parts.map((part) => editDistance(name.toLowerCase(), part.toLowerCase())),
    );
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return bestDistance <= Math.max(2, name.length / 2) ? best : undefined;
}

/** "unknown image "1.l": did you mean "1.1"? (known: 1.0, 1.1)" */
export function unknownName(kind: string, name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const suggestion = near === undefined ? '' : `: did you mean ${JSON.stringify(near)}?`;
  const all = names.length > NAMES_MAX ? `${names.length} are known` : `known: ${names.join(', ')}`;
  return `unknown ${kind} ${JSON.stringify(name)}${suggestion} (${all})`;
}

/** Levenshtein distance: inserted, deleted and replaced characters. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The YAML diagnostics of a test point. */
import { bounded, safeJson, stripSequences } from './text.ts';

const LONGEST = 2000;

/** Strings are written as JSON, which is YAML: no text can end the block or become another type. */
export function yamlBlock(members: Readonly<Record<string, unknown>>): string[] {
  const known = Object.entries(members).filter(([, value]) => value !== undefined);
  return ['---', ...known.flatMap(([key, value]) => member(key, value)), '...'].map(
    (line) => `  ${line}`,
  );
}

function member(key: string, value: unknown): string[] {
  if (!Array.isArray(value)) return [`${key}: ${scalar(value)}`];
  if (value.length === 0) return [`${key}: []`];
  return [`${key}:`, ...value.map((item) => `  - ${scalar(item)}`)];
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return safeJson(value);
  return safeJson(bounded(stripSequences(bounded(value, 8 * LONGEST)), LONGEST));
}

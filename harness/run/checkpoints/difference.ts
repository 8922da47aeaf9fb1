/** Whether an act that was done again came to what it had come to before. */
import type { ActRecord } from '../../domain/checkpoint.ts';
import type { FaultPlan } from '../../domain/fault.ts';
import { canonical } from '../../domain/json.ts';
import { endsUnder } from '../../domain/ends.ts';

type Done = Pick<ActRecord, 'verb' | 'args' | 'host' | 'result'>;

/** Members of results that a host decides, and that are the same each time; moments, sizes and words may differ. */
const OUTCOME = ['outcome', 'ends', 'entry', 'failedUnits', 'content'];

/** @returns what differs; null if nothing does, or if it was another act */
export function difference(before: Done | undefined, now: Done): string | null {
  if (before?.verb !== now.verb || canonical(before.args) !== canonical(now.args)) return null;
  // where it strikes may differ by a little, and what comes of it then
  if (mayEndOtherwise(now.args)) return null;
  if (before.host !== now.host) return `the host was ${before.host}, and is ${now.host}`;
  for (const member of OUTCOME) {
    const [was, is] = [memberOf(before.result, member), memberOf(now.result, member)];
    if (was !== is) return `${member} was ${was}, and is ${is}`;
  }
  return null;
}

/** Under a fault of which several ends are allowed, by the story or by its kind. */
function mayEndOtherwise(args: ActRecord['args']): boolean {
  const { fault, ends } = args as { readonly fault?: FaultPlan; readonly ends?: unknown };
  if (fault === undefined) return false;
  return ends === undefined ? endsUnder(fault).length > 1 : Array.isArray(ends);
}

function memberOf(result: ActRecord['result'], name: string): string {
  const isRecord = typeof result === 'object' && result !== null && !Array.isArray(result);
  return canonical(isRecord ? (result[name] ?? null) : null).slice(0, 300);
}

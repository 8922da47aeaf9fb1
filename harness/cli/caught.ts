/** What the story that must find a planted defect has found, read from the record of its run. */
import type { Event } from '../domain/event.ts';

export interface Caught {
  /** Names of the invariants and expectations that were broken, in the order in which they were. */
  readonly found: readonly string[];
  /** When the one that must find it did: the number of the step, and seconds since the job began; null: it did not. */
  readonly at: { readonly step: number; readonly seconds: number } | null;
}

export function caughtIn(events: readonly Event[], invariant: string): Caught {
  const began = events.find(({ body }) => body.type === 'job.started');
  const findings = events.flatMap(({ body, atMs }) =>
    body.type === 'finding' ? [{ ...body, atMs }] : [],
  );
  const own = findings.find((finding) => finding.invariant === invariant);
  return {
    found: [...new Set(findings.map((finding) => finding.invariant))],
    at:
      own === undefined
        ? null
        : { step: own.step, seconds: Math.round((own.atMs - (began?.atMs ?? 0)) / 1000) },
  };
}

/** What the stories that must find planted defects have found, read from the record of their run. */
import type { Hunted } from '../domain/plan.ts';
import type { Event, JobInfo } from '../domain/event.ts';
import { jobsIn } from './record.ts';
import { gravest, type Verdict } from '../domain/verdict.ts';

export interface Caught<D extends Hunted> {
  readonly defect: D;
  /** Names of the invariants and expectations that were broken, in the order in which they were. */
  readonly found: readonly string[];
  /** When the one that must find it did: the step, by number and verb, and seconds since the job began; null: it did not. */
  readonly at: { readonly step: number; readonly verb: string; readonly seconds: number } | null;
  /** How the same story ended without it; null: it did not come to its end. */
  readonly sound: Verdict | null;
  /** `interrupted`: one of the two was not told to its end, and nothing is decided. */
  readonly verdict: 'passed' | 'failed' | 'interrupted';
}

/** A defect is caught when its own invariant is broken, in a story that passes without it. */
export function caught<D extends Hunted & { readonly invariant: string }>(
  events: readonly Event[],
  defects: readonly D[],
): Caught<D>[] {
  return defects.map((defect) => {
    const [without, planted] = jobsOf(events, defect);
    const { found, at } = findings(
      events.filter(({ body }) => 'job' in body && body.job === planted?.id),
      defect.invariant,
    );
    const sound = endOf(events, without?.id);
    const ends = [without, planted].map((job) => job && (endOf(events, job.id) ?? 'interrupted'));
    const undecided = ends.includes('interrupted') ? 'interrupted' : 'failed';
    const verdict = at !== null && sound === 'passed' ? 'passed' : undecided;
    return { defect, found, at, sound, verdict };
  });
}

/**
 * What of an earlier run's record need not come about again: all of jobs that found their defect, or passed without one, as long as
 * nothing has changed that can change how they end.
 *
 * @param sources of jobs as they are now, by job
 */
export function stillTrue(
  events: readonly Event[],
  defects: readonly (Hunted & { readonly invariant: string })[],
  sources: ReadonlyMap<string, string | undefined>,
): { readonly jobs: ReadonlySet<string>; readonly events: readonly Event[] } {
  const found = caught(events, defects).filter(({ at }) => at !== null);
  const isDone = ({ id, defect }: JobInfo): boolean =>
    defect === undefined
      ? endOf(events, id) === 'passed'
      : found.some((one) => one.defect.name === defect);
  const jobs = new Set(
    jobsIn(events)
      // the simulated host has imitations of some of them
      .filter((job) => job.machine === 'qemu' && job.sources !== undefined)
      .filter((job) => job.sources === sources.get(job.id) && isDone(job))
      .map(({ id }) => id),
  );
  return {
    jobs,
    events: events.filter(
      ({ body }) => body.type === 'run.started' || ('job' in body && jobs.has(body.job)),
    ),
  };
}

/** How it all ended: what was found before an interruption was found all the same. */
export function allInAll(
  hunts: readonly Pick<Caught<Hunted>, 'verdict'>[],
  isInterrupted: boolean,
): { readonly text: string; readonly verdict: Verdict } {
  const verdicts = hunts.map(({ verdict }) => verdict);
  const count = (which: Verdict): string =>
    verdicts.filter((verdict) => verdict === which).length.toString();
  const open = verdicts.includes('interrupted')
    ? `, ${count('interrupted')} not told to the end`
    : '';
  return {
    text: `${count('passed')} found, ${count('failed')} not${open}`,
    verdict: isInterrupted ? 'interrupted' : gravest(verdicts),
  };
}

/** Its story without it, and with it. */
function jobsOf(
  events: readonly Event[],
  { name, story, layout }: Hunted,
): readonly [without: JobInfo | undefined, planted: JobInfo | undefined] {
  const jobs = jobsIn(events);
  const told = (defect?: string): JobInfo | undefined =>
    jobs.find((job) => job.scenario === story && job.layout === layout && job.defect === defect);
  return [told(), told(name)];
}

function endOf(events: readonly Event[], job: string | undefined): Verdict | null {
  const ended = events.find(({ body }) => body.type === 'job.ended' && body.job === job);
  return ended?.body.type === 'job.ended' ? ended.body.verdict : null;
}

/** @param events of one job */
function findings(
  events: readonly Event[],
  invariant: string,
): Pick<Caught<Hunted>, 'found' | 'at'> {
  const began = events.find(({ body }) => body.type === 'job.started')?.atMs ?? 0;
  const all = events.flatMap(({ body, atMs }) => {
    if (body.type === 'finding') return [{ ...body, atMs }];
    // an act that did not end as it must has no finding
    if (body.type !== 'step.ended' || body.error?.invariant === undefined) return [];
    return [{ step: body.step, invariant: body.error.invariant, atMs }];
  });
  const own = all.find((finding) => finding.invariant === invariant);
  const found = [...new Set(all.map((finding) => finding.invariant))];
  if (own === undefined) return { found, at: null };
  const { step } = own;
  const [verb = ''] = events.flatMap(({ body }) =>
    body.type === 'step.started' && body.step === step ? [body.verb] : [],
  );
  const seconds = Math.round((own.atMs - began) / 1000);
  return { found, at: { step, verb, seconds } };
}

/** A job of a finished run, read from the record of the run. */
import { join, resolve } from 'node:path';
import { HostproofError } from '../domain/errors.ts';
import type { Event, EventOf, JobInfo } from '../domain/event.ts';
import { known } from '../domain/nearest.ts';
import { VERBS, type Verb } from '../domain/verb.ts';
import { recordOf } from './record.ts';

/** What it was, and what it did. */
export interface FinishedJob {
  readonly info: JobInfo;
  readonly directory: string;
  readonly seed: number;
  readonly steps: readonly FinishedStep[];
}

export interface FinishedStep {
  readonly number: number;
  readonly verb: Verb;
  readonly args: unknown;
}

/** @throws HostproofError `usage/*` for what is no run, and for a job that is not one of it */
export async function finishedJob(given: string, name: string | undefined): Promise<FinishedJob> {
  const run = resolve(given);
  const events = (await recordOf(run)).map(({ body }) => body);
  const begun = events.find((event) => event.type === 'run.started');
  if (begun === undefined) throw new HostproofError('usage/option', `${run} has no beginning`);
  if (begun.jobs.every(({ layout }) => layout === 'foreign'))
    throw new HostproofError('usage/option', `${run} is an installation of a medium`, {
      hint: 'its disks, if it failed or had --keep, are in the directory of its job; the next one can be watched with --console',
    });
  if (begun.jobs.every(({ machine }) => machine === 'sim'))
    throw new HostproofError('usage/option', `${run} ran on simulated hosts, which have no shell`);
  const info = begun.jobs.find(({ id }) => id === chosen(events, begun, name));
  const directory = events.find((event) => event.type === 'job.started' && event.job === info?.id);
  if (info === undefined || directory?.type !== 'job.started')
    throw new HostproofError('usage/option', `${run}: the job ${name ?? ''} was not begun`);
  return {
    info,
    directory: join(run, directory.dir),
    seed: begun.seed,
    steps: events.flatMap((event) =>
      event.type === 'step.started' && event.job === info.id
        ? [{ number: event.step, verb: known('verb', event.verb, ALL_VERBS), args: event.args }]
        : [],
    ),
  };
}

/** The job that is named, or the only one that failed, or the only one. */
function chosen(
  events: readonly Event['body'][],
  { jobs }: EventOf<'run.started'>,
  name: string | undefined,
): string {
  const ids = jobs.map(({ id }) => id);
  if (name !== undefined) return known('job', name, ids);
  const failed = events.flatMap((event) =>
    event.type === 'job.ended' && event.verdict !== 'passed' ? [event.job] : [],
  );
  for (const [only, ...others] of [failed, ids])
    if (only !== undefined && others.length === 0) return only;
  throw new HostproofError('usage/option', `--job is wanted: one of ${ids.join(', ')}`);
}

const ALL_VERBS = Object.keys(VERBS) as Verb[];

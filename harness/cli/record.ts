/** The record of a run, as it is in its directory. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostproofError } from '../domain/errors.ts';
import { eventSchema, type Event, type JobInfo } from '../domain/event.ts';

/** All events that were written whole. @throws HostproofError `usage/option` where there is no run */
export async function recordOf(run: string): Promise<Event[]> {
  const file = join(run, 'events.jsonl');
  if (!existsSync(file)) {
    throw new HostproofError('usage/option', `${run} is no directory of a run`, {
      hint: 'runs are in .hostproof/runs, a directory each',
    });
  }
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.flatMap((line) => {
    try {
      return [eventSchema.parse(JSON.parse(line))];
    } catch {
      return []; // the last line of a run that was killed
    }
  });
}

/** The jobs that a run began with, or several runs. */
export function jobsIn(events: readonly Event[]): JobInfo[] {
  return events.flatMap(({ body }) => (body.type === 'run.started' ? body.jobs : []));
}

/** `.hostproof/runs/<id>/`: the event stream of a run and the evidence beside it. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HostproofError, isDiskFull, messageOf } from '../domain/errors.ts';
import type { Event } from '../domain/event.ts';

export interface RunDirectory extends Disposable {
  readonly id: string;
  readonly path: string;
  /** Appends one line to `events.jsonl`. @throws HostproofError `env/disk-full` */
  readonly append: (event: Event) => void;
  /** Makes the directory of a job, and says its path relative to the run's. */
  readonly jobDirectory: (job: string) => string;
}

/** @param base the directory that gets the run's own, `.hostproof/runs` unless told */
export function createRunDirectory(base: string, now: Date): RunDirectory {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace(/\..*/, '').replace('T', '-');
  try {
    mkdirSync(base, { recursive: true });
    const id = uniqueDirectory(base, `${stamp}-${process.pid.toString()}`);
    const path = join(base, id);
    const file = openSync(join(path, 'events.jsonl'), 'ax');
    return {
      id,
      path,
      append: (event) => {
        try {
          writeSync(file, `${JSON.stringify(event)}\n`);
        } catch (error) {
          throw asEnvironment(error, path);
        }
      },
      jobDirectory: (job) => {
        const relative = join('jobs', job.replaceAll('/', '.'));
        try {
          mkdirSync(join(path, relative), { recursive: true });
        } catch (error) {
          throw asEnvironment(error, path);
        }
        return relative;
      },
      [Symbol.dispose]: () => {
        closeSync(file);
      },
    };
  } catch (error) {
    throw asEnvironment(error, base, '--out names the directory that gets it');
  }
}

function uniqueDirectory(base: string, name: string): string {
  for (let attempt = 1; ; attempt++) {
    const id = attempt === 1 ? name : `${name}-${attempt.toString()}`;
    try {
      mkdirSync(join(base, id));
      return id;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 100) throw error;
    }
  }
}

function asEnvironment(error: unknown, path: string, hint?: string): HostproofError {
  const code = isDiskFull(error) ? 'env/disk-full' : 'env/io';
  return new HostproofError(code, `writing the run directory ${path}: ${messageOf(error)}`, {
    cause: error,
    ...(hint !== undefined && code === 'env/io' && { hint }),
  });
}

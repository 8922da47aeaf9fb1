/** What a run knows of those before it: what steps came to, and how long jobs take. */
import { randomUUID } from 'node:crypto';
import { cacheDir } from '../adapters/cache-dir.ts';
import { CheckpointStore } from '../adapters/checkpoints/store.ts';
import { systemClock } from '../adapters/clock.ts';
import { Durations } from '../adapters/durations.ts';
import { sha256 } from '../adapters/sha256.ts';
import { messageOf } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Job } from '../domain/plan.ts';
import { VERBS } from '../domain/verb.ts';
import { continuations, type Course } from '../run/checkpoints/forecast.ts';
import type { Remembering } from '../run/checkpoints/remembering.ts';
import type { PlannedJob } from '../run/runner.ts';
import { say } from './output.ts';

export interface RunMemoryOptions {
  /** A simulated host is faster than its memory: nothing of it is kept. */
  readonly machine: 'qemu' | 'sim';
  /** False: everything is done, and nothing is kept. */
  readonly cache: boolean;
  /** Nothing is known from earlier runs; what this one does is kept. */
  readonly refresh: boolean;
  /** What checkpoints may take on the disk, in bytes; as is usual if left out. */
  readonly cacheSize?: number | undefined;
}

export class RunMemory {
  readonly #courses: ReadonlyMap<string, Course>;
  readonly #checkpoints: CheckpointStore | null;
  readonly #durations: Durations | null;

  private constructor(
    courses: ReadonlyMap<string, Course>,
    checkpoints: CheckpointStore | null,
    durations: Durations | null,
  ) {
    this.#courses = courses;
    this.#checkpoints = checkpoints;
    this.#durations = durations;
  }

  /** @param courses what all stories are going to do, by job */
  static async of(
    options: RunMemoryOptions,
    courses: ReadonlyMap<string, Course>,
  ): Promise<RunMemory> {
    if (options.machine === 'sim') return new RunMemory(courses, null, null);
    const cache = await cacheDir();
    const { cacheSize: budgetBytes = null, refresh } = options;
    const checkpoints = new CheckpointStore(cache, { budgetBytes, refresh, onNote: say });
    return new RunMemory(courses, options.cache ? checkpoints : null, await Durations.in(cache));
  }

  /** What one job does need not be done by another. */
  get isShared(): boolean {
    return this.#checkpoints !== null;
  }

  planned(job: Job): PlannedJob {
    const course = this.#courseOf(job);
    return { job, course, length: this.#durations?.of(job.id) ?? limitMsOf(course) };
  }

  /** Null: everything is done. @param identity what a host is made from and by */
  memoryFor(job: Job, identity: Json): Remembering | null {
    if (this.#checkpoints === null) return null;
    const course = this.#courseOf(job);
    return {
      ...{ checkpoints: this.#checkpoints, sha256, clock: systemClock, newId: randomUUID },
      ...{ madeFor: job.id, identity },
      verbs: course.acts.map(({ verb }) => verb),
      continuations: continuations(course, [...this.#courses.values()]),
    };
  }

  /** A job has come to its end: its steps take so long when they are done. */
  see(job: Job, workMs: number): void {
    this.#durations?.see(job.id, workMs);
  }

  /** Clears up and saves. What goes wrong in that says nothing of the hosts. */
  async close(): Promise<void> {
    try {
      await this.#checkpoints?.collect();
      await this.#durations?.save();
    } catch (error) {
      say(`the cache was not tidied: ${messageOf(error)}`);
    }
  }

  #courseOf(job: Job): Course {
    return this.#courses.get(job.id) ?? { beginning: job.id, acts: [] };
  }
}

/** What its steps may take: how long they will is not known, but the one follows the other. */
function limitMsOf({ acts }: Course): number {
  return acts.reduce((sum, { verb }) => sum + VERBS[verb].limitS * 1000, 0);
}

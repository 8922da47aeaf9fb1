/**
 * Tells a story to nobody, to see what it is going to do: where stories begin alike is known before any of them has begun. One
 * that decides by what it reads may do otherwise in the end.
 */
import type { ImageRef } from '../../domain/image.ts';
import type { Job } from '../../domain/plan.ts';
import { prng } from '../../domain/prng.ts';
import type { Expect } from '../../domain/scenario.ts';
import { VERBS, type Args, type Result, type Verb } from '../../domain/verb.ts';
import type { Clock } from '../../ports/clock.ts';
import { storyHost } from '../story-api.ts';
import { foreseen, type Course, type ForeseenAct } from './forecast.ts';

/** More than any story takes. */
const STEPS_MAX = 1000;

/** More than all stories take that do nothing but steps. */
const PATIENCE_MS = 5000;

type Rehearsed = Pick<
  Job,
  'layout' | 'firmware' | 'storage' | 'memoryMiB' | 'disks' | 'defect' | 'run' | 'seed'
>;

/** The courses of all these jobs, by id: in a moment, unless a story waits for something of its own. */
export async function rehearsals(
  jobs: readonly (Rehearsed & Pick<Job, 'id'>)[],
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Course>> {
  const done = new AbortController();
  const patience = clock
    .sleep(PATIENCE_MS, AbortSignal.any([signal, done.signal]))
    .catch(() => undefined); // cut short
  try {
    const courses = await Promise.all(
      jobs.map(async (job) => [job.id, await rehearse(job, patience)] as const),
    );
    signal.throwIfAborted();
    return new Map(courses);
  } finally {
    done.abort();
  }
}

/** @param patience when it ends, a story that waits for something of its own is foreseen up to there */
export async function rehearse(
  job: Rehearsed,
  patience: Promise<unknown> = new Promise(() => undefined),
): Promise<Course> {
  const acts: ForeseenAct[] = [];
  let steps = 0;
  const { layout, firmware, storage, memoryMiB, disks = '', defect, run, seed } = job;
  const rehearsed = new Promise<void>((resolve) => {
    const perform = async <V extends Verb>(verb: V, given: Args<V>): Promise<Result<V>> => {
      if (++steps > STEPS_MAX) {
        resolve();
        // it waits for something that does not come: nobody listens to it any more
        return new Promise(() => undefined);
      }
      const args = VERBS[verb].args.parse(given);
      // an update with a defect is another update
      const isOther = verb === 'upgrade' && defect !== undefined;
      if (VERBS[verb].kind === 'act') acts.push(foreseen(verb, isOther ? { args, defect } : args));
      return Promise.resolve({} as Result<V>);
    };
    const host = storyHost({ perform });
    const image = (name: string): ImageRef => ({ image: name });
    run
      .story({ host, image, expect: NOTHING_EXPECTED, random: prng(seed) })
      // one that looks at what is not there is foreseen up to there
      .then(resolve, () => {
        resolve();
      });
  });
  await Promise.race([rehearsed, patience]);
  steps = STEPS_MAX; // one that goes on later is not listened to
  return { beginning: [layout, firmware, storage, memoryMiB.toString(), disks].join(' '), acts };
}

const nothing = (): void => undefined;
const NOTHING_EXPECTED: Expect = {
  reason: nothing,
  answer: nothing,
  layer: nothing,
  defaultLayer: nothing,
  layers: nothing,
  kernelArguments: nothing,
  spaceAsIn: nothing,
  users: nothing,
  file: () => Promise.resolve(),
};

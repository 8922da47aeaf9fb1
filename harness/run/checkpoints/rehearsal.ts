/**
 * Tells a story to nobody, to see what it is going to do: where stories begin alike is known before any of them has begun. One
 * that decides by what it reads may do otherwise in the end.
 */
import type { Job } from '../../domain/plan.ts';
import { prng } from '../../domain/prng.ts';
import type { Expect } from '../../domain/scenario.ts';
import { VERBS, type Args, type Result, type Verb } from '../../domain/verb.ts';
import { storyHost } from '../story-api.ts';
import { foreseen, type Course, type ForeseenAct } from './forecast.ts';

/** More than any story does. */
const ACTS_MAX = 1000;

export async function rehearse(
  job: Pick<Job, 'layout' | 'firmware' | 'storage' | 'memoryMiB' | 'run' | 'seed'>,
): Promise<Course> {
  const acts: ForeseenAct[] = [];
  const perform = <V extends Verb>(verb: V, given: Args<V>): Promise<Result<V>> => {
    if (VERBS[verb].kind === 'act') acts.push(foreseen(verb, VERBS[verb].args.parse(given)));
    if (acts.length > ACTS_MAX) throw new Error('a story without an end');
    return Promise.resolve({} as Result<V>);
  };
  const { layout, firmware, storage, memoryMiB, run, seed } = job;
  await run
    .story({
      host: storyHost({ perform }),
      image: (image) => ({ image }),
      expect: NOTHING_EXPECTED,
      random: prng(seed),
    })
    .catch(() => undefined); // it looked at what is not there: so far it is foreseen
  return { beginning: [layout, firmware, storage, memoryMiB.toString()].join(' '), acts };
}

const nothing = (): void => undefined;
const NOTHING_EXPECTED: Expect = {
  layer: nothing,
  defaultLayer: nothing,
  layers: nothing,
  kernelArguments: nothing,
  spaceAsIn: nothing,
  users: nothing,
  file: () => Promise.resolve(),
};

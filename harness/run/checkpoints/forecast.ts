/** What stories are going to do, as far as can be told before: where they begin alike, and where they part. */
import { canonical } from '../../domain/json.ts';
import type { Verb } from '../../domain/verb.ts';

export interface ForeseenAct {
  readonly verb: Verb;
  /** Canonical text of verb and arguments. */
  readonly text: string;
}

export function foreseen(verb: Verb, args: unknown): ForeseenAct {
  return { verb, text: canonical({ verb, args }) };
}

/** What one story is going to do. Whatever it does otherwise costs time, and changes no result. */
export interface Course {
  /** Stories with another beginning have nothing in common. */
  readonly beginning: string;
  readonly acts: readonly ForeseenAct[];
}

/** How many acts two courses have in common before they part. */
export function common(one: Course, other: Course): number {
  if (one.beginning !== other.beginning) return 0;
  const parts = one.acts.findIndex(({ text }, index) => text !== other.acts[index]?.text);
  return parts < 0 ? one.acts.length : parts;
}

/** In how many ways stories go on after each act of this course; that one ends there, with a last look at the host, is one, too. */
export function continuations(course: Course, all: readonly Course[]): number[] {
  return course.acts.map((_, index) => {
    const length = index + 1;
    const next = all
      .filter((other) => common(course, other) >= length)
      .map(({ acts }) => acts[length]?.text ?? 'the end');
    return new Set(next).size;
  });
}

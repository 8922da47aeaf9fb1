/** A method for each verb that a host has, from one function for all of them. */
import { VERBS, type Args, type Result, type Verb } from '../../domain/verb.ts';
import type { StepContext, VerbMethods } from '../../ports/host.ts';

export type TakenVerb = Exclude<Verb, 'view'>;

export function byVerb(
  take: <V extends TakenVerb>(verb: V, args: Args<V>, context: StepContext) => Promise<Result<V>>,
): VerbMethods {
  const verbs = (Object.keys(VERBS) as Verb[]).filter((verb) => verb !== 'view');
  const methods = verbs.map((verb) => [
    verb,
    (args: Args<typeof verb>, context: StepContext) => take(verb, args, context),
  ]);
  return Object.fromEntries(methods) as VerbMethods; // one for each: they were made from the verbs themselves
}

/**
 * Keys of steps: hashes over everything that can change what a step comes to. The key of an act is made from the execution of the
 * act before it, not from that one's key: what is known of one execution is never mixed with what is known of another.
 */
import { CHECKPOINT_FORMAT as format } from '../../domain/checkpoint.ts';
import { canonical, type Json } from '../../domain/json.ts';

export type Sha256 = (text: string) => string;

/** Stands for the execution before the first act: `identity` is what a host is made from and by. */
export function rootOf(sha256: Sha256, identity: Json): string {
  return sha256(canonical({ format, identity }));
}

export interface Step {
  readonly verb: string;
  readonly args: Json;
}

/** @param inputs what the verb brings in from outside, by digest */
export function actKey(sha256: Sha256, after: string, { verb, args }: Step, inputs: Json): string {
  return sha256(canonical({ format, after, verb, args, inputs }));
}

/** @param time which time it is that this is observed since the act: a host can change by itself */
export function observationKey(
  sha256: Sha256,
  after: string,
  { verb, args }: Step,
  time: number,
): string {
  return sha256(canonical({ format, after, observed: verb, args, time }));
}

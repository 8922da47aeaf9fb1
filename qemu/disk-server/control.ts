/**
 * How the harness speaks with the process that serves disks: a line of JSON for each wish and for each answer, in the same
 * order, and lines for what happens in between.
 */
import { z } from 'zod';
import { diskCommandSchema } from '../../harness/domain/disk-rule.ts';
import { effectSchema, ruleSchema } from './rule.ts';

const path = z.string().nullable();

export const wishSchema = z.discriminatedUnion('wish', [
  /** Puts a text into the log. The answer is the number of its record. */
  z.object({ wish: z.literal('mark'), text: z.string().max(1000) }),
  z.object({ wish: z.literal('arm'), rule: ruleSchema }),
  /** The answer is whether it was armed still. */
  z.object({ wish: z.literal('disarm'), id: z.string() }),
  z.object({ wish: z.literal('close'), path }),
  z.object({ wish: z.literal('reopen'), path }),
  /** The answer is what became of what was not sure. */
  z.object({ wish: z.literal('cut'), seed: z.number().int().nonnegative() }),
]);
export type Wish = z.input<typeof wishSchema>;

/** That a rule struck: when, and what. */
const struckSchema = z.object({
  rule: z.string(),
  effect: effectSchema,
  /** Of the log before it. */
  records: z.number(),
  disk: z.string(),
  path: z.string(),
  command: diskCommandSchema,
  offset: z.number(),
  length: z.number(),
});
export type Struck = z.infer<typeof struckSchema>;

/** What became of changes that were not sure. */
export const cutSchema = z.object({ kept: z.number(), lost: z.number(), torn: z.number() });

export const saidSchema = z.discriminatedUnion('said', [
  /** It listens on all paths. */
  z.object({ said: z.literal('ready') }),
  z.object({ said: z.literal('answer'), value: z.json() }),
  /** The wish was not understood, or not fulfilled. */
  z.object({ said: z.literal('refusal'), why: z.string() }),
  z.object({ said: z.literal('struck'), struck: struckSchema }),
  /** So many are connected now. */
  z.object({ said: z.literal('clients'), count: z.number() }),
  /** It cannot go on, and ends. `code`: of the system's error, if it was one. */
  z.object({ said: z.literal('failure'), why: z.string(), code: z.string().nullable() }),
]);
export type Said = z.infer<typeof saidSchema>;

/** What the process is started with, in JSON. */
export const tasksSchema = z.object({
  log: z.string(),
  paths: z
    .array(
      z.object({
        name: z.string(),
        socket: z.string(),
        /** Names of those that it leads to; null: all. */
        disks: z.array(z.string()).nullable(),
      }),
    )
    .min(1),
});
export type Tasks = z.infer<typeof tasksSchema>;

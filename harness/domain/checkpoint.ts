/**
 * What is kept of a step: what was observed, never what was judged. A record holds what an act came to and, where it is kept,
 * the state that it left the machine in; what was observed after it has records of its own.
 */
import { z } from 'zod';

/** Changes whenever records, states or keys mean something else than before: what has another format is not looked at. */
export const CHECKPOINT_FORMAT = 3;

export const HOST_STATES = ['none', 'off', 'running', 'hung'] as const;
/** `hung`: on, without a shell. */
export type HostState = (typeof HOST_STATES)[number];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Names of directories and files: nothing that leads elsewhere. */
const name = z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/);

export const stateSchema = z.object({
  /** Its directory in the store. */
  id: name,
  /** Where that was when the state was kept, links resolved: disks that stand on its own name a way there. */
  place: z.string().startsWith('/'),
  /** The state whose disks its own are overlays of; null for one that stands alone. */
  standsOn: name.nullable(),
  /** Sizes in bytes and digests, by name. */
  files: z.record(name, z.object({ sizeBytes: z.number().int().nonnegative(), digest: sha256 })),
});
export type KeptState = z.infer<typeof stateSchema>;

const step = {
  key: sha256,
  verb: z.string(),
  args: z.json(),
  result: z.json(),
  durationMs: z.number().nonnegative(),
};

export const actRecordSchema = z.object({
  kind: z.literal('act'),
  ...step,
  /** Of this execution: the keys of all that follows are made from it, so that two executions never mix. */
  id: z.string().min(8).max(64),
  /** The job that it was done for: others share it. */
  madeFor: z.string(),
  host: z.enum(HOST_STATES),
  /** What its console said meanwhile that is worth telling. */
  symptoms: z.array(z.object({ id: z.string(), line: z.string() })),
  state: stateSchema.nullable(),
});
export type ActRecord = z.infer<typeof actRecordSchema>;

const observationRecordSchema = z.object({ kind: z.literal('observation'), ...step });

export const stepRecordSchema = z.discriminatedUnion('kind', [
  actRecordSchema,
  observationRecordSchema,
]);
export type StepRecord = z.infer<typeof stepRecordSchema>;

/** The one event stream of a run: `events.jsonl`, one JSON object a line. Reports are folds over it. */
import { z } from 'zod';
import { ERROR_CODES } from './errors.ts';
import { hostViewSchema } from './view.ts';

export const EVENT_VERSION = 1;

const errorRecordSchema = z.object({
  code: z.enum(ERROR_CODES as [(typeof ERROR_CODES)[number], ...typeof ERROR_CODES]),
  blame: z.enum(['host', 'usage', 'environment', 'story', 'harness', 'interrupt']),
  message: z.string(),
  hint: z.string(),
  invariant: z.string().optional(),
  cause: z.string().optional(),
});

const verdict = z.enum([
  'passed',
  'failed',
  'usage',
  'unfit',
  'story-error',
  'harness-error',
  'interrupted',
]);
const job = z.string();

export const jobSchema = z.object({
  /** Unique in the run: `<scenario id>@<variant>`, and `+<defect>` where one is planted. */
  id: job,
  scenario: z.string(),
  title: z.string(),
  layout: z.string(),
  firmware: z.string(),
  storage: z.string(),
  machine: z.enum(['qemu', 'sim']),
  seed: z.number(),
  /** Memory of the host. */
  memoryMiB: z.number().default(1024),
  /** What its disk is kept in; absent: an image file. */
  disks: z.literal('served').optional(),
  /** Planted in the engine that every update carries. */
  defect: z.string().optional(),
  /** Digest of all of hostproof that can change how it ends: whoever reads the record may ask whether it is the same still. */
  sources: z.string().optional(),
});

/** Bodies by type. `atMs`: milliseconds since the run began. */
const bodies = [
  z.object({
    type: z.literal('run.started'),
    id: z.string(),
    startedAt: z.string(),
    version: z.string(),
    seed: z.number(),
    command: z.array(z.string()),
    /** What the guests ran on: QEMU version, accelerator and why, CPU model; null on the simulator. */
    platform: z.record(z.string(), z.string()).nullable(),
    jobs: z.array(jobSchema),
  }),
  z.object({ type: z.literal('run.note'), text: z.string() }),
  z.object({ type: z.literal('job.started'), job, dir: z.string() }),
  z.object({
    type: z.literal('step.started'),
    job,
    step: z.number().int(),
    verb: z.string(),
    args: z.json(),
    limitMs: z.number(),
  }),
  /** What a long step is doing now: short, for people. */
  z.object({ type: z.literal('step.progress'), job, step: z.number().int(), text: z.string() }),
  z.object({
    type: z.literal('step.ended'),
    job,
    step: z.number().int(),
    durationMs: z.number(),
    /** It was not done now: what it came to is known from an earlier time. */
    cached: z.boolean().optional(),
    result: z.json().nullable(),
    view: hostViewSchema.nullable(),
    error: errorRecordSchema.nullable(),
  }),
  z.object({
    type: z.literal('symptom'),
    job,
    step: z.number().int().nullable(),
    id: z.string(),
    line: z.string(),
  }),
  /** A broken invariant or expectation. */
  z.object({
    type: z.literal('finding'),
    job,
    step: z.number().int(),
    invariant: z.string(),
    message: z.string(),
  }),
  z.object({
    type: z.literal('job.ended'),
    job,
    verdict,
    durationMs: z.number(),
    error: errorRecordSchema.nullable(),
    /** Files beside the stream, relative to the run directory. */
    evidence: z.array(z.string()),
    /** One command that runs this job again. */
    reproduce: z.string(),
    /** One command that leads into the machine as it was when the job failed. */
    enter: z.string().optional(),
  }),
  z.object({ type: z.literal('run.ended'), verdict, durationMs: z.number() }),
] as const;

export const eventBodySchema = z.discriminatedUnion('type', bodies);
export type EventBody = z.infer<typeof eventBodySchema>;
export type EventOf<T extends EventBody['type']> = Extract<EventBody, { type: T }>;

export interface Event {
  readonly v: typeof EVENT_VERSION;
  readonly seq: number;
  readonly atMs: number;
  readonly body: EventBody;
}

export const eventSchema = z.object({
  v: z.literal(EVENT_VERSION),
  seq: z.number().int(),
  atMs: z.number(),
  body: eventBodySchema,
});

export type JobInfo = z.infer<typeof jobSchema>;

/**
 * A disk log is three files: `NAME.json` says which disks it has and which log it goes on from, `NAME.records` what happened, and
 * `NAME.data` what was written. A log that others go on from does not change any more, so that a fork is a new, empty log.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/** Changes whenever the files mean something else than before. */
const FORMAT = 1;
/** The index of a disk takes a thousandth of its size in memory. */
const DISK_BYTES_MAX = 2 ** 41;
const DISKS_MAX = 64;

const descriptionSchema = z.object({
  format: z.literal(FORMAT),
  /** The log that this one goes on from: a path without the ending of its files; null for one that begins with empty disks. */
  below: z.string().nullable(),
  disks: z
    .array(
      z.object({
        name: z.string().regex(/^[A-Za-z0-9][\w.-]{0,63}$/),
        sizeBytes: z.number().int().positive().max(DISK_BYTES_MAX).multipleOf(512),
      }),
    )
    .min(1)
    .max(DISKS_MAX),
});
export type DiskDescriptions = z.infer<typeof descriptionSchema>['disks'];

export const FILES = ['json', 'records', 'data'] as const;

export const fileOf = (log: string, kind: (typeof FILES)[number]): string => `${log}.${kind}`;

/** Begins a log of empty disks. */
export function createLog(log: string, disks: DiskDescriptions): void {
  describe(log, { format: FORMAT, below: null, disks });
}

/** Begins a log that goes on from where another ended. */
export function forkLog(log: string, below: string): void {
  describe(log, { ...description(below), below: resolve(below) });
}

/**
 * From the lowest to the log itself.
 *
 * @throws Error when a file of one is missing: what is left of it is another disk
 */
export function chainOf(log: string): {
  readonly logs: readonly string[];
  readonly disks: DiskDescriptions;
} {
  const logs: string[] = [];
  for (let next: string | null = resolve(log); next !== null; next = description(next).below) {
    if (logs.includes(next)) throw new Error(`${next}: this log goes on from itself`);
    requireFiles(next);
    logs.unshift(next);
  }
  return { logs, disks: description(log).disks };
}

function requireFiles(log: string): void {
  const missing = FILES.map((kind) => fileOf(log, kind)).find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`${missing} is missing`);
}

function describe(log: string, content: z.infer<typeof descriptionSchema>): void {
  const text = JSON.stringify(descriptionSchema.parse(content));
  const texts = { json: `${text}\n`, records: '', data: '' };
  for (const kind of FILES) writeFileSync(fileOf(log, kind), texts[kind], { flag: 'wx' });
}

function description(log: string): z.infer<typeof descriptionSchema> {
  const file = fileOf(log, 'json');
  try {
    return descriptionSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Error(`${file} does not describe a disk log`, { cause });
  }
}

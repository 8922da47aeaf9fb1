/** What a stage left in its directory: a record of every file, by which damage is found. */
import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HostproofError } from '../harness/domain/errors.ts';
import { sha256File } from '../harness/adapters/sha256.ts';

export const RECORD = 'record.json';
const FORMAT = 1;

const fileSchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.number().int().nonnegative(),
  /** When it was written: a file that was touched since is not trusted. */
  mtimeMs: z.number(),
});

const recordSchema = z.object({
  format: z.literal(FORMAT),
  key: z.string(),
  facts: z.record(z.string(), z.json()),
  /** By path inside the directory. */
  files: z.record(z.string(), fileSchema),
});

type RecordedStage = z.infer<typeof recordSchema>;
type Files = RecordedStage['files'];
export type StageFacts = RecordedStage['facts'];

/** A stage's results, whole and in their final place. */
export interface Stored {
  readonly directory: string;
  readonly facts: StageFacts;
  readonly files: Files;
}

/**
 * The results in `directory`; undefined if there are none. Compares sizes and times, not bytes.
 *
 * @throws HostproofError `env/image-damaged`
 */
export async function readRecord(directory: string, key: string): Promise<Stored | undefined> {
  const text = await readFile(join(directory, RECORD), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return undefined;
  const record = parse(text);
  if (record?.key !== key) throw damaged(directory, `${RECORD} is not readable`);
  for (const [path, { sizeBytes, mtimeMs }] of Object.entries(record.files)) {
    const stats = await stat(join(directory, path)).catch(() => undefined);
    if (stats === undefined) throw damaged(directory, `${path} is missing`);
    if (stats.size !== sizeBytes) {
      const sizes = `${String(stats.size)} bytes instead of ${String(sizeBytes)}`;
      throw damaged(directory, `${path} has ${sizes}`);
    }
    if (stats.mtimeMs !== mtimeMs)
      throw damaged(directory, `${path} was changed after it was built`);
  }
  return { directory, facts: record.facts, files: record.files };
}

/** Reads every byte. @throws HostproofError `env/image-damaged` */
export async function verifyStored({ directory, files }: Stored): Promise<void> {
  for (const [path, file] of Object.entries(files)) {
    const sha256 = await sha256File(join(directory, path));
    if (sha256 === file.sha256) continue;
    throw damaged(directory, `${path} has the digest ${sha256} instead of ${file.sha256}`);
  }
}

/** Makes everything in `directory` durable and records it there. */
export async function seal(directory: string, key: string, facts: StageFacts): Promise<Files> {
  const files = await describe(directory, '');
  const record: RecordedStage = { format: FORMAT, key, facts, files };
  await writeFile(join(directory, RECORD), `${JSON.stringify(record, null, 2)}\n`);
  await sync(join(directory, RECORD));
  await sync(directory);
  return files;
}

export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function describe(directory: string, below: string): Promise<Files> {
  const files: Files = {};
  for (const entry of await readdir(join(directory, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    const whole = join(directory, path);
    if (entry.isDirectory()) {
      Object.assign(files, await describe(directory, path));
    } else {
      const { size, mtimeMs } = await stat(whole);
      files[path] = { sha256: await sha256File(whole), sizeBytes: size, mtimeMs };
    }
    await sync(whole);
  }
  return files;
}

function parse(text: string): RecordedStage | undefined {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined; // whatever it says, it is no record of ours
  }
}

function damaged(directory: string, what: string): HostproofError {
  return new HostproofError('env/image-damaged', `${directory} is damaged: ${what}`);
}

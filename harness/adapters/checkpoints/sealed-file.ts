/** Small JSON files that carry their own digest: a damaged, truncated or foreign one is known for what it is. */
import { mkdir, readFile, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { canonical } from '../../domain/json.ts';
import { sha256 } from '../sha256.ts';
import { writeAtomically } from '../atomic-file.ts';

const envelopeSchema = z.object({ sha256: z.string(), content: z.json() });

export type Read<T> = { readonly content: T } | { readonly wrong: string } | null;

/** What the file holds, or what is wrong with it; null if there is none. */
export async function readSealed<T>(file: string, schema: z.ZodType<T>): Promise<Read<T>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { sha256: recorded, content } = envelopeSchema.parse(JSON.parse(text));
    if (recorded !== digest(content)) return { wrong: 'it is damaged' };
    return { content: schema.parse(content) };
  } catch {
    return { wrong: 'it is not readable' };
  }
}

/** @returns false if there was one already, which stays */
export async function writeSealed(file: string, content: unknown): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  const text = JSON.stringify({ sha256: digest(content), content });
  return writeAtomically(file, `${text}\n`, { keepExisting: true });
}

/** It was used: what has not been used for long goes first. */
export async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined); // it may go sooner than it should, and that is all
}

export async function removeSealed(file: string): Promise<void> {
  await rm(file, { force: true });
}

function digest(content: unknown): string {
  return sha256(canonical(content));
}

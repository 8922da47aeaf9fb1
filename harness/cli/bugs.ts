/** Reads the catalogue of real defects. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { bugSchema, type Bug } from '../domain/bug.ts';
import { HostproofError, messageOf } from '../domain/errors.ts';
import { issuesOf } from '../domain/issues.ts';
import { ROOT } from './load.ts';

/** @throws HostproofError `usage/bug` with the file and the entry that is wrong */
export async function loadBugs(file = join(ROOT, 'scenarios/bugs.yaml')): Promise<Bug[]> {
  const bad = (why: string, cause?: unknown): HostproofError =>
    new HostproofError('usage/bug', `${file}: ${why}`, { cause });
  let entries: unknown;
  try {
    entries = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw bad(messageOf(error), error);
  }
  if (!Array.isArray(entries)) throw bad('not a list of entries');
  const seen = new Set<string>();
  return entries.map((entry: unknown, index) => {
    const bug = bugSchema.safeParse(entry);
    const which = nameOf(entry) ?? `number ${index + 1}`;
    if (!bug.success) throw bad(`entry ${which}: ${issuesOf(bug.error)}`);
    if (seen.has(bug.data.id)) throw bad(`entry ${which}: there are two of this id`);
    seen.add(bug.data.id);
    return bug.data;
  });
}

function nameOf(entry: unknown): string | null {
  const named = z.object({ id: z.string() }).safeParse(entry);
  return named.success ? named.data.id : null;
}

/** Finds what is extended by adding a file: every default export of a directory. */
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL, fileURLToPath } from 'node:url';
import { z } from 'zod';
import { HostproofError, messageOf } from '../domain/errors.ts';
import { scenarioDataSchema, type Scenario } from '../domain/scenario.ts';
import type { FaultKind } from '../domain/fault.ts';
import { issuesOf } from '../domain/issues.ts';
import type { NamedScenario } from '../domain/plan.ts';
import type { Invariant } from '../checks/invariant.ts';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Default exports of the `.ts` files directly in a directory, by file name without the ending. */
export async function defaultExports(directory: string): Promise<Map<string, unknown>> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.ts')).sort();
  const modules = await Promise.all(
    names.map(async (name) => {
      const module = (await import(pathToFileURL(join(directory, name)).href)) as {
        default?: unknown;
      };
      return [name.replace(/\.ts$/, ''), module.default] as const;
    }),
  );
  return new Map(modules);
}

export async function loadInvariants(): Promise<Invariant[]> {
  const found = await defaultExports(join(ROOT, 'harness/checks/invariants'));
  return [...found.values()] as Invariant[]; // our own files, type-checked by `satisfies`
}

/** In the order of their names. */
export async function loadFaults(): Promise<FaultKind[]> {
  const found = await defaultExports(join(ROOT, 'harness/faults'));
  return [...found.values()] as FaultKind[]; // as above
}

/**
 * Files whose names begin with `_` are what stories share.
 *
 * @throws HostproofError `usage/option` for a directory without stories, `usage/scenario` with the file, for one that is not a story
 */
export async function loadScenarios(directory = join(ROOT, 'scenarios')): Promise<NamedScenario[]> {
  const none = (why: string): HostproofError =>
    new HostproofError('usage/option', `--scenarios ${directory}: ${why}`, {
      hint: 'name the directory that has the stories, in files that end in .ts',
    });
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      throw none(messageOf(error));
    },
  );
  const files = entries
    .filter((entry) => entry.isFile() && /^[^_].*\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (files.length === 0) throw none('there are no stories in it');
  return Promise.all(
    files.map(async (file) => ({
      id: relative(directory, file).replace(/\.ts$/, ''),
      scenario: await loadScenario(file),
    })),
  );
}

async function loadScenario(file: string): Promise<Scenario> {
  const bad = (why: string, cause?: unknown): HostproofError =>
    new HostproofError('usage/scenario', `${file}: ${why}`, { cause });
  let loaded: unknown;
  try {
    loaded = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (error) {
    throw bad(error instanceof z.ZodError ? issuesOf(error) : messageOf(error), error);
  }
  if (
    typeof loaded !== 'object' ||
    loaded === null ||
    !('data' in loaded) ||
    !('story' in loaded)
  ) {
    throw bad('its default export is not a scenario(…)');
  }
  const data = scenarioDataSchema.safeParse(loaded.data);
  if (!data.success) throw bad(issuesOf(data.error));
  if (typeof loaded.story !== 'function') throw bad('its story is not a function');
  return loaded as Scenario;
}

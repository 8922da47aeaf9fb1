/** Reads the catalogue: one image, one family of images or one defect per file, found by listing the directory. */
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { HostproofError, messageOf } from '../harness/domain/errors.ts';
import { defectSchema, recipeSchema, type Defect, type Recipe } from './recipe.ts';

/** Every image, by name. @throws HostproofError `usage/catalogue` when a file of the catalogue is wrong */
export function recipes(): Promise<Recipe[]> {
  return readDirectory(
    new URL('./catalogue/', import.meta.url),
    recipeSchema,
    ({ family }) => family,
  );
}

/** Every planted defect, by name. */
export function defects(): Promise<Defect[]> {
  return readDirectory(new URL('./defects/', import.meta.url), defectSchema, () => null);
}

async function readDirectory<T extends { name: string }>(
  directory: URL,
  schema: z.ZodType<T>,
  familyOf: (entry: T) => string | null,
): Promise<T[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.ts')).sort();
  const entries = await Promise.all(
    files.map(async (file) => {
      const url = new URL(file, directory);
      try {
        const module = (await import(url.href)) as { default?: unknown };
        const name = basename(file, '.ts');
        if (Array.isArray(module.default)) return family(name, module.default, schema, familyOf);
        const entry = schema.parse(module.default);
        if (entry.name !== name) {
          throw new Error(`it calls itself "${entry.name}"; the file name is the name`);
        }
        return [entry];
      } catch (error) {
        const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
        throw new HostproofError('usage/catalogue', `${url.pathname}: ${why}`, { cause: error });
      }
    }),
  );
  return entries.flat();
}

/** The members of a family are called after its file, which is called after the family. */
function family<T extends { name: string }>(
  name: string,
  members: readonly unknown[],
  schema: z.ZodType<T>,
  familyOf: (entry: T) => string | null,
): T[] {
  return members.map((member) => {
    const entry = schema.parse(member);
    if (familyOf(entry) !== name || !entry.name.startsWith(`${name}-`)) {
      throw new Error(`"${entry.name}" is not of the family ${name}`);
    }
    return entry;
  });
}

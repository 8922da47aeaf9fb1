/**
 * A stage that runs one script. What the script gets is told once, from which both the key and the environment are made, so
 * that nothing goes into a stage that is not in its key.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { treeContentSchema } from '../harness/domain/image.ts';
import { keyOf, sourceDigest } from './digest.ts';
import type { Recipe } from './recipe.ts';
import type { StageFacts } from './record.ts';
import { runStep, STEPS } from './step.ts';
import type { Places, Stage } from './store.ts';

/** Where the files that go into images, and the patches on them, are. */
export interface Sources {
  readonly guest: string;
  readonly defects: string;
}

export const SOURCES: Sources = {
  guest: fileURLToPath(new URL('./guest/', import.meta.url)),
  defects: fileURLToPath(new URL('./defects/', import.meta.url)),
};

/** What making a stage needs from outside. */
export interface StageContext {
  /** Directory for the logs of the steps. */
  readonly logs: string;
  readonly onProgress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Instead of this checkout's own. */
  readonly sources?: Sources;
}

/** A file that a stage makes. */
export interface Made {
  readonly stage: Stage;
  readonly file: string;
}

/** Variables of the script's environment are the names in `inputs`, `settings` and `uncounted`, and those in capitals here. */
export interface ScriptStage {
  readonly name: string;
  /** File name in `images/steps`. */
  readonly script: string;
  /** Files in `images/steps` that the script reads, besides `common.sh`. */
  readonly reads?: readonly string[];
  /** Stages by their directory, or by one file of theirs. */
  readonly inputs?: Readonly<Record<string, Stage | Made>>;
  readonly settings?: Readonly<Record<string, string>>;
  /** All that the script reads of `images/guest` (GUEST). */
  readonly guest?: readonly string[];
  /** A file elsewhere (PATCH). */
  readonly patch?: string | undefined;
  /** Files of a version, which the script finds laid out as in the tree (OVERLAY). */
  readonly overlay?: Recipe['files'];
  /** What the result depends on and the script gets some other way. */
  readonly besides?: Readonly<Record<string, unknown>>;
  /** What the result does not depend on. */
  readonly uncounted?: Readonly<Record<string, string>>;
  /** What is known of the result. */
  readonly facts?: (places: Places) => Promise<StageFacts>;
}

export async function scriptStage(context: StageContext, told: ScriptStage): Promise<Stage> {
  const { guest } = context.sources ?? SOURCES;
  const { name, script, reads = [], settings = {}, patch, overlay } = told;
  const inputs = Object.entries(told.inputs ?? {}).map(([variable, input]) => ({
    variable,
    ...('stage' in input ? input : { stage: input, file: '' }),
  }));
  const key = keyOf({
    steps: await sourceDigest(['common.sh', script, ...reads].map((file) => join(STEPS, file))),
    inputs: inputs.map(({ variable, stage, file }) => [variable, stage.key, file]),
    settings,
    guest: await sourceDigest((told.guest ?? []).map((part) => join(guest, part))),
    patch: patch === undefined ? null : await sourceDigest([patch]),
    ...{ overlay: overlay ?? null, besides: told.besides ?? null },
  });
  return {
    ...{ name, key, inputs: inputs.map(({ stage }) => stage) },
    make: async (places) => {
      const directory = join(places.work, 'overlay');
      if (overlay !== undefined) await writeOverlay(directory, overlay);
      await runStep({
        script,
        environment: {
          ...{ OUT: places.out, WORK: places.work, GUEST: guest, OVERLAY: directory },
          // never the user's own variable of that name
          PATCH: patch ?? '',
          ...Object.fromEntries(
            inputs.map(({ variable, file }, index) => [variable, join(input(places, index), file)]),
          ),
          ...{ ...settings, ...told.uncounted },
        },
        log: join(context.logs, `${name}.log`),
        onPhase: (text) => {
          context.onProgress(`${name}: ${text}`);
        },
        signal: context.signal,
      });
      return (await told.facts?.(places)) ?? {};
    },
  };
}

/** Directory of the results of an input. */
export function input({ inputs }: Places, index = 0): string {
  const directory = inputs[index];
  if (directory === undefined) throw new RangeError(`a stage has no input ${String(index)}`);
  return directory;
}

/** What is known of a finished tree. */
export const treeFactsSchema = z.object({
  kernelRelease: z.string().min(1),
  treeBytes: z.number().int().positive(),
  content: treeContentSchema,
});

/** Where a step leaves them. */
export const FACTS = 'facts.json';

/** The facts that a step left beside its results. */
export async function readFacts(directory: string): Promise<z.infer<typeof treeFactsSchema>> {
  return treeFactsSchema.parse(JSON.parse(await readFile(join(directory, FACTS), 'utf8')));
}

/** Writes the files of a version where a step finds them, laid out as in the tree. */
async function writeOverlay(overlay: string, files: Recipe['files']): Promise<void> {
  await mkdir(overlay);
  for (const [path, { text, executable = false }] of Object.entries(files)) {
    const place = join(overlay, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text, { mode: executable ? 0o755 : 0o644 });
  }
}

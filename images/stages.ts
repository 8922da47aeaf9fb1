/**
 * What the stages of building have in common, and the first two, which all layouts stand on:
 *
 *     root (Debian packages) -> base (finished root, kernel, initramfs of media) -> thin-stages.ts, ostree-stages.ts
 *
 * Each stage has the key of what goes into it.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { treeContentSchema } from '../harness/domain/image.ts';
import { keyOf, sourceDigest } from './digest.ts';
import type { Packages } from './packages.ts';
import type { Recipe } from './recipe.ts';
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

/** Digests a tree, on the builder as on a host. */
export const CONTENT = 'probe/base-content.sh';

export const ISO = 'installer.iso';

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

/** What an image consists of, in one layout. */
export interface ImageStages {
  readonly update: Made;
  /** Only sound images have an installation medium. */
  readonly iso: Made | undefined;
}

/** What is known of a finished tree. */
export const treeFactsSchema = z.object({
  kernelRelease: z.string().min(1),
  treeBytes: z.number().int().positive(),
  content: treeContentSchema,
});

/** @param extra packages that single images add: fetched here, while there is a network */
export async function rootStage(
  context: StageContext,
  packages: Packages,
  extra: readonly string[],
): Promise<Stage> {
  const steps = await stepsDigest('root.sh', 'packages.txt', 'apt-preferences', 'dpkg-excludes');
  const { apt, suite, resolved } = packages;
  return {
    name: 'root',
    key: keyOf({ steps, suite, packages: resolved, extra }),
    inputs: [],
    make: async (places) => {
      const environment = { APT: apt, SUITE: suite, EXTRA: extra.join(' ') };
      await step(context, 'root', 'root.sh', places, environment);
      return {};
    },
  };
}

export async function baseStage(context: StageContext, root: Stage): Promise<Stage> {
  const { guest } = context.sources ?? SOURCES;
  const files = await sourceDigest(['tree', 'dracut'].map((part) => join(guest, part)));
  return {
    name: 'base',
    key: keyOf({ root: root.key, steps: await stepsDigest('base.sh'), files }),
    inputs: [root],
    make: async (places) => {
      await step(context, 'base', 'base.sh', places, { GUEST: guest, ROOT: input(places) });
      return {};
    },
  };
}

/** What the installation medium is called: a volume label has at most 16 capitals, digits and underscores. */
export function mediumOf({ version }: Recipe): { volume: string; title: string } {
  return {
    volume: `HOSTPROOF_${version.replace(/[^0-9]/g, '_')}`.slice(0, 16),
    title: `Reference Node ${version}`,
  };
}

/** The facts that a step left beside its results. */
export async function readFacts(directory: string): Promise<z.infer<typeof treeFactsSchema>> {
  return treeFactsSchema.parse(JSON.parse(await readFile(join(directory, 'facts.json'), 'utf8')));
}

/** Writes the files of a version where a step finds them, laid out as in the tree. */
export async function writeOverlay(overlay: string, files: Recipe['files']): Promise<void> {
  await mkdir(overlay);
  for (const [path, { text, executable = false }] of Object.entries(files)) {
    const place = join(overlay, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text, { mode: executable ? 0o755 : 0o644 });
  }
}

/** Runs a step's script for a stage. */
export async function step(
  { logs, onProgress, signal }: StageContext,
  stage: string,
  script: string,
  places: Places,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  await runStep({
    script,
    environment: { OUT: places.out, WORK: places.work, ...environment },
    log: join(logs, `${stage}.log`),
    onPhase: (text) => {
      onProgress(`${stage}: ${text}`);
    },
    signal,
  });
}

export function stepsDigest(...names: readonly string[]): Promise<string> {
  return sourceDigest(['common.sh', ...names].map((name) => join(STEPS, name)));
}

/** Directory of the results of an input. */
export function input({ inputs }: Places, index = 0): string {
  const directory = inputs[index];
  if (directory === undefined) throw new RangeError(`a stage has no input ${String(index)}`);
  return directory;
}

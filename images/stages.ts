/**
 * The stages of building, each with the key of what goes into it:
 *
 *     root (Debian packages) -> base (finished root, kernel, initramfs) -> tree-<version> (squashfs) -> iso-<version>
 *
 * An image whose squashfs is cut short has a stage of its own on top of the sound tree.
 */
import { copyFile, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { treeContentSchema } from '../harness/domain/image.ts';
import { keyOf, sourceDigest } from './digest.ts';
import type { Packages } from './packages.ts';
import type { Defect, Recipe } from './recipe.ts';
import { runStep, STEPS } from './step.ts';
import type { Places, Stage } from './store.ts';

/** Where the files that go into images, and the patches on them, are. */
export interface Sources {
  readonly guest: string;
  readonly defects: string;
}

const SOURCES: Sources = {
  guest: fileURLToPath(new URL('./guest/', import.meta.url)),
  defects: fileURLToPath(new URL('./defects/', import.meta.url)),
};

/** Digests a tree, on the builder as on a host. */
const CONTENT = 'probe/base-content.sh';

export const SQUASHFS = 'root.squashfs';
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

/** What `tree.sh` tells of the tree. */
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

export async function treeStage(
  context: StageContext,
  base: Stage,
  recipe: Recipe,
  defect: Defect | undefined,
): Promise<Stage> {
  const { guest, defects } = context.sources ?? SOURCES;
  const { packages, files } = recipe;
  const panics = recipe.tamper?.kind === 'empty-initramfs';
  const patch = defect === undefined ? '' : join(defects, defect.patch);
  const name = ['tree', recipe.version, defect?.name]
    .filter((part) => part !== undefined)
    .join('-');
  const engine = await sourceDigest(
    ['imgbased', 'installer', CONTENT].map((part) => join(guest, part)),
  );
  const planted = patch === '' ? null : await sourceDigest([patch]);
  const key = keyOf({
    base: base.key,
    steps: await stepsDigest('tree.sh'),
    ...{ engine, planted, panics, packages, files },
  });
  return {
    name,
    key,
    inputs: [base],
    make: async (places) => {
      const overlay = join(places.work, 'overlay');
      await writeOverlay(overlay, files);
      await step(context, name, 'tree.sh', places, {
        ...{ GUEST: guest, BASE: input(places), OVERLAY: overlay, PATCH: patch },
        ...{ PACKAGES: packages.join(' '), PANICS: panics ? '1' : '0' },
      });
      const facts = await readFile(join(places.out, 'facts.json'), 'utf8');
      return treeFactsSchema.parse(JSON.parse(facts));
    },
  };
}

export async function isoStage(
  context: StageContext,
  base: Stage,
  tree: Stage,
  recipe: Recipe,
): Promise<Stage> {
  const name = `iso-${recipe.version}`;
  const { volume, title } = mediumOf(recipe);
  const steps = await stepsDigest('iso.sh', 'iso-grub.cfg');
  return {
    name,
    key: keyOf({ base: base.key, tree: tree.key, steps, volume, title }),
    inputs: [base, tree],
    make: async (places) => {
      const squashfs = join(input(places, 1), SQUASHFS);
      await step(context, name, 'iso.sh', places, {
        ...{ BASE: input(places), SQUASHFS: squashfs, VOLUME: volume, TITLE: title },
      });
      return {};
    },
  };
}

/** @param keep the share of the squashfs that is left, between 0 and 1 */
export function cutStage(tree: Stage, recipe: Recipe, keep: number): Stage {
  return {
    name: `cut-${recipe.name}`,
    key: keyOf({ tree: tree.key, keep }),
    inputs: [tree],
    make: async (places) => {
      const whole = input(places);
      const file = join(places.out, SQUASHFS);
      await copyFile(join(whole, SQUASHFS), file);
      await truncate(file, Math.floor((await stat(file)).size * keep));
      const facts: unknown = JSON.parse(await readFile(join(whole, 'facts.json'), 'utf8'));
      return treeFactsSchema.parse(facts);
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

async function writeOverlay(overlay: string, files: Recipe['files']): Promise<void> {
  await mkdir(overlay);
  for (const [path, { text, executable = false }] of Object.entries(files)) {
    const place = join(overlay, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text, { mode: executable ? 0o755 : 0o644 });
  }
}

async function step(
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

function stepsDigest(...names: readonly string[]): Promise<string> {
  return sourceDigest(['common.sh', ...names].map((name) => join(STEPS, name)));
}

function input({ inputs }: Places, index = 0): string {
  const directory = inputs[index];
  if (directory === undefined) throw new RangeError(`a stage has no input ${String(index)}`);
  return directory;
}

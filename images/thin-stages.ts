/**
 * The stages of the thin layout, on top of the common base:
 *
 *     base -> tree-<version> (squashfs) -> iso-<version>
 *
 * An image whose squashfs is cut short has a stage of its own on top of the sound tree.
 */
import { copyFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf, sourceDigest } from './digest.ts';
import type { Defect, Recipe } from './recipe.ts';
import {
  CONTENT,
  input,
  ISO,
  mediumOf,
  readFacts,
  SOURCES,
  step,
  stepsDigest,
  writeOverlay,
  type ImageStages,
  type StageContext,
} from './stages.ts';
import type { Stage } from './store.ts';

const SQUASHFS = 'root.squashfs';

export async function thinStages(
  context: StageContext,
  base: Stage,
  recipe: Recipe,
  defect: Defect | undefined,
): Promise<ImageStages> {
  const tree = await treeStage(context, base, recipe, defect);
  const hasMedium = recipe.wrong === null && defect === undefined;
  const cut = recipe.tamper?.kind === 'cut-short' ? recipe.tamper.keep : null;
  return {
    update: { stage: cut === null ? tree : cutStage(tree, recipe, cut), file: SQUASHFS },
    iso: hasMedium ? { stage: await isoStage(context, base, tree, recipe), file: ISO } : undefined,
  };
}

async function treeStage(
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
      return await readFacts(places.out);
    },
  };
}

async function isoStage(
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
function cutStage(tree: Stage, recipe: Recipe, keep: number): Stage {
  return {
    name: `cut-${recipe.name}`,
    key: keyOf({ tree: tree.key, keep }),
    inputs: [tree],
    make: async (places) => {
      const whole = input(places);
      const file = join(places.out, SQUASHFS);
      await copyFile(join(whole, SQUASHFS), file);
      await truncate(file, Math.floor((await stat(file)).size * keep));
      return await readFacts(whole);
    },
  };
}

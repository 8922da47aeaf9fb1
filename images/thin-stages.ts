/**
 * The stages of the thin layout, on top of the common base:
 *
 *     base -> tree-<version> (squashfs) -> iso-<version>
 *
 * An image whose squashfs is cut short has a stage of its own on top of the sound tree.
 */
import { copyFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf } from './digest.ts';
import type { Defect, Recipe } from './recipe.ts';
import { input, readFacts, scriptStage, type StageContext } from './script-stage.ts';
import { isoStage, keptOf, planted, versionOf, type ImageStages } from './stages.ts';
import type { Stage } from './store.ts';

const SQUASHFS = 'root.squashfs';

export async function thinStages(
  context: StageContext,
  base: Stage,
  recipe: Recipe,
  defect: Defect | undefined,
): Promise<ImageStages> {
  const tree = await treeStage(context, base, recipe, defect);
  const kept = keptOf(recipe);
  const inputs = { BASE: base, SQUASHFS: { stage: tree, file: SQUASHFS } };
  return {
    update: { stage: kept === null ? tree : cutStage(tree, recipe, kept), file: SQUASHFS },
    iso:
      recipe.wrong === null && defect === undefined
        ? await isoStage(context, recipe, `iso-${recipe.version}`, inputs)
        : undefined,
  };
}

function treeStage(
  context: StageContext,
  base: Stage,
  recipe: Recipe,
  defect: Defect | undefined,
): Promise<Stage> {
  return scriptStage(context, {
    ...versionOf(recipe, base, ['imgbased', 'installer']),
    ...planted(context, `tree-${recipe.version}`, defect),
    script: 'tree.sh',
  });
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

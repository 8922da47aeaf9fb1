/**
 * The stages of the thin layout, on top of the common base:
 *
 *     base -> thin-base (rpm and dnf) -> tree-<version> (squashfs) -> update-<version> (rpm)
 *                                                                 \-> iso-<version>
 *
 * An image whose squashfs is cut short has a stage of its own on top of the sound tree.
 */
import { copyFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf } from './digest.ts';
import type { Defect, Recipe } from './recipe.ts';
import {
  FACTS,
  input,
  readFacts,
  scriptStage,
  type Made,
  type StageContext,
} from './script-stage.ts';
import { isoStage, keptOf, planted, versionOf, type ImageStages } from './stages.ts';
import type { Stage } from './store.ts';

/**
 * Debian packages that only hosts of this layout have: dnf, and of what it requires that which it uses. Dependencies do not
 * come by themselves here: they would bring Perl.
 */
export const THIN_PACKAGES = [
  ...['dnf', 'dnf-data', 'python3-dnf', 'python3-hawkey', 'python3-libdnf', 'python3-libcomps'],
  ...['libdnf2', 'libdnf2-common', 'librepo0', 'libsolv1', 'libsolvext1', 'libcomps0'],
  ...['libmodulemd2', 'libyaml-0-2', 'python3-gpg'],
  ...['rpm', 'rpm-common', 'python3-rpm', 'librpm9', 'librpmio9', 'librpmbuild9', 'librpmsign9'],
  ...['liblua5.3-0', 'libfsverity0', 'libmagic1', 'libgomp1', 'libdw1'],
  ...['python3', 'python3-minimal', 'libpython3-stdlib', 'libpython3.11', 'libpython3.11-stdlib'],
  ...['python3.11', 'python3.11-minimal', 'libpython3.11-minimal'],
] as const;

const SQUASHFS = 'root.squashfs';

export async function thinStages(
  context: StageContext,
  base: Stage,
  recipe: Recipe,
  defect: Defect | undefined,
): Promise<ImageStages> {
  const tree = await treeStage(context, await hostBaseStage(context, base), recipe, defect);
  const kept = keptOf(recipe);
  const inputs = { BASE: base, SQUASHFS: { stage: tree, file: SQUASHFS } };
  return {
    update: await updateRpm(
      context,
      kept === null ? tree : cutStage(tree, recipe, kept),
      recipe,
      defect,
    ),
    iso:
      recipe.wrong === null && defect === undefined
        ? await isoStage(context, recipe, `iso-${recipe.version}`, inputs)
        : undefined,
  };
}

function hostBaseStage(context: StageContext, base: Stage): Promise<Stage> {
  return scriptStage(context, {
    name: 'thin-base',
    script: 'thin-base.sh',
    reads: ['rpm.sh'],
    inputs: { BASE: base },
    settings: { PACKAGES: THIN_PACKAGES.join(' ') },
    guest: ['rpm'],
  });
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

/** An update as it is shipped. */
async function updateRpm(
  context: StageContext,
  tree: Stage,
  recipe: Recipe,
  defect: Defect | undefined,
): Promise<Made> {
  const { name, version, nvr } = recipe;
  const release = nvr.slice(nvr.lastIndexOf('-') + 1);
  const stage = await scriptStage(context, {
    ...planted(context, `update-${name}`, defect),
    script: 'update-rpm.sh',
    reads: ['rpm.sh'],
    inputs: { SQUASHFS: { stage: tree, file: SQUASHFS } },
    settings: {
      ...{ NVR: nvr, VERSION: version, RELEASE: release },
      HAMPERED: recipe.tamper?.kind === 'fails-once' ? '1' : '0',
    },
    guest: ['imgbased'],
    facts: (places) => readFacts(input(places)),
  });
  return { stage, file: `reference-node-image-update-${version}-${release}.noarch.rpm` };
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
      await copyFile(join(whole, FACTS), join(places.out, FACTS));
      return await readFacts(whole);
    },
  };
}

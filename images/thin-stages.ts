/**
 * The stages of the thin layout, on top of the common base:
 *
 *     base -> thin-base (rpm and dnf) -> tree-<version> (squashfs) -> update-<version> (rpm)
 *                                                                 \-> iso-<version>
 *
 * An image whose squashfs is cut short or laid out otherwise has a stage of its own on top of the sound tree, and one whose rpm
 * is not as it was built has one on top of the sound rpm.
 */
import { copyFile, open, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf } from './digest.ts';
import type { Defect, Recipe } from './recipe.ts';
import { readRecord } from './record.ts';
import {
  FACTS,
  input,
  readFacts,
  scriptStage,
  type Made,
  type StageContext,
} from './script-stage.ts';
import { isoStage, planted, versionOf, type ImageStages } from './stages.ts';
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
  const { tamper } = recipe;
  const inputs = { BASE: base, SQUASHFS: { stage: tree, file: SQUASHFS } };
  const shipped = await shippedStage(context, tree, recipe);
  const update = await updateRpm(context, shipped, recipe, defect);
  return {
    update: tamper?.kind === 'flip' ? flipped(update, recipe) : update,
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
  const made = versionOf(recipe, base, ['imgbased', 'installer']);
  return scriptStage(context, {
    ...made,
    ...planted(context, `tree-${recipe.version}`, defect),
    script: 'tree.sh',
  });
}

/** What the update carries: the tree itself, unless it is spoiled after it was made. */
function shippedStage(context: StageContext, tree: Stage, recipe: Recipe): Promise<Stage> | Stage {
  const { name, tamper } = recipe;
  switch (tamper?.kind) {
    case 'cut-short':
      return cutStage(tree, recipe, tamper.keep);
    case 'other-layout':
    case 'no-etc':
      return scriptStage(context, {
        name: `relaid-${name}`,
        script: 'thin-relaid.sh',
        settings: { HOW: tamper.kind === 'no-etc' ? 'no-etc' : 'other' },
        inputs: { SQUASHFS: { stage: tree, file: SQUASHFS } },
        facts: (places) => readFacts(input(places)),
      });
    default:
      return tree;
  }
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
      DIGEST: recipe.tamper?.kind === 'wrong-digest' ? '0'.repeat(64) : '',
    },
    guest: ['imgbased'],
    facts: (places) => readFacts(input(places)),
  });
  return { stage, file: `reference-node-image-update-${version}-${release}.noarch.rpm` };
}

/** @param keep the share of the squashfs that is left, between 0 and 1 */
function cutStage(tree: Stage, recipe: Recipe, keep: number): Stage {
  return spoiledStage(
    tree,
    { name: `cut-${recipe.name}`, file: SQUASHFS, by: keep },
    async (file) => {
      await truncate(file, Math.floor((await stat(file)).size * keep));
    },
  );
}

/** The payload is most of an rpm and the last of it: a little behind the middle of the file is in it. */
function flipped({ stage, file }: Made, recipe: Recipe): Made {
  const share = 0.6;
  const spoiled = spoiledStage(stage, { name: `flip-${recipe.name}`, file, by: share }, (file) =>
    flipByte(file, share),
  );
  return { stage: spoiled, file };
}

/** Makes the byte there another one. */
async function flipByte(file: string, share: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const at = Math.floor((await handle.stat()).size * share);
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Buffer.of(255 - buffer.readUInt8()), 0, 1, at);
  } finally {
    await handle.close();
  }
}

/** A copy of one file of a stage, spoiled; what is known of the stage is known of it. */
function spoiledStage(
  sound: Stage,
  { name, file, by }: { readonly name: string; readonly file: string; readonly by: number },
  spoil: (file: string) => Promise<void>,
): Stage {
  return {
    name,
    key: keyOf({ sound: sound.key, by }),
    inputs: [sound],
    make: async (places) => {
      const whole = input(places);
      const copy = join(places.out, file);
      await copyFile(join(whole, file), copy);
      await spoil(copy);
      const facts = (await readRecord(whole, sound.key))?.facts ?? {};
      await writeFile(join(places.out, FACTS), JSON.stringify(facts));
      return facts;
    },
  };
}

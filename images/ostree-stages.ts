/**
 * The stages of the ostree layout, on top of the common base:
 *
 *     base -> ostree-base (initramfs of hosts) -> ostree-<version> (commit) -> ostree-iso-<version>
 *     base -> live (the installer's squashfs) ---------------------------------^
 *
 * An image that is cut short has a stage of its own on top of the sound commit.
 */
import { join } from 'node:path';
import { keyOf, sourceDigest } from './digest.ts';
import type { Recipe } from './recipe.ts';
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

/** Debian packages that only hosts of this layout have. */
export const OSTREE_PACKAGES = ['ignition', 'ostree-boot'] as const;

/** What the commit is called in repositories: a host follows it. */
export const OSTREE_REF = 'reference-node/x86_64';

const COMMIT = 'commit.tar';
const LIVE = 'root.squashfs';

export async function ostreeStages(
  context: StageContext,
  base: Stage,
  recipe: Recipe,
): Promise<ImageStages> {
  const commit = await commitStage(context, await hostBaseStage(context, base), recipe);
  const cut = recipe.tamper?.kind === 'cut-short' ? recipe.tamper.keep : null;
  const live = await liveStage(context, base);
  return {
    update: {
      stage: cut === null ? commit : await cutStage(context, commit, recipe, cut),
      file: COMMIT,
    },
    iso:
      recipe.wrong === null
        ? { stage: await isoStage(context, base, live, commit, recipe), file: ISO }
        : undefined,
  };
}

async function hostBaseStage(context: StageContext, base: Stage): Promise<Stage> {
  const { guest } = context.sources ?? SOURCES;
  return {
    name: 'ostree-base',
    key: keyOf({
      base: base.key,
      steps: await stepsDigest('ostree-base.sh'),
      files: await sourceDigest([join(guest, 'ostree')]),
    }),
    inputs: [base],
    make: async (places) => {
      const environment = { GUEST: guest, BASE: input(places) };
      await step(context, 'ostree-base', 'ostree-base.sh', places, environment);
      return {};
    },
  };
}

async function commitStage(context: StageContext, base: Stage, recipe: Recipe): Promise<Stage> {
  const { guest } = context.sources ?? SOURCES;
  const { packages, files, version } = recipe;
  const panics = recipe.tamper?.kind === 'empty-initramfs';
  const name = `ostree-${version}`;
  return {
    name,
    key: keyOf({
      base: base.key,
      steps: await stepsDigest('ostree-tree.sh'),
      content: await sourceDigest([join(guest, CONTENT)]),
      ...{ panics, packages, files, version, ref: OSTREE_REF },
    }),
    inputs: [base],
    make: async (places) => {
      const overlay = join(places.work, 'overlay');
      await writeOverlay(overlay, files);
      await step(context, name, 'ostree-tree.sh', places, {
        ...{ GUEST: guest, BASE: input(places), OVERLAY: overlay, VERSION: version },
        ...{ PACKAGES: packages.join(' '), PANICS: panics ? '1' : '0', REF: OSTREE_REF },
      });
      return await readFacts(places.out);
    },
  };
}

async function liveStage(context: StageContext, base: Stage): Promise<Stage> {
  const { guest } = context.sources ?? SOURCES;
  return {
    name: 'live',
    key: keyOf({
      base: base.key,
      steps: await stepsDigest('live.sh'),
      installer: await sourceDigest([join(guest, 'installer')]),
    }),
    inputs: [base],
    make: async (places) => {
      const environment = { GUEST: guest, BASE: input(places) };
      await step(context, 'live', 'live.sh', places, environment);
      return {};
    },
  };
}

async function isoStage(
  context: StageContext,
  base: Stage,
  live: Stage,
  commit: Stage,
  recipe: Recipe,
): Promise<Stage> {
  const name = `ostree-iso-${recipe.version}`;
  const { volume, title } = mediumOf(recipe);
  const steps = await stepsDigest('iso.sh', 'iso-grub.cfg');
  return {
    name,
    key: keyOf({ base: base.key, live: live.key, commit: commit.key, steps, volume, title }),
    inputs: [base, live, commit],
    make: async (places) => {
      await step(context, name, 'iso.sh', places, {
        ...{ BASE: input(places), SQUASHFS: join(input(places, 1), LIVE) },
        ...{ COMMIT: join(input(places, 2), COMMIT), VOLUME: volume, TITLE: title },
      });
      return {};
    },
  };
}

/** @param keep the share that is left of the largest object that only this version has, between 0 and 1 */
async function cutStage(
  context: StageContext,
  commit: Stage,
  recipe: Recipe,
  keep: number,
): Promise<Stage> {
  const name = `ostree-cut-${recipe.name}`;
  return {
    name,
    key: keyOf({ commit: commit.key, keep, steps: await stepsDigest('ostree-cut.sh') }),
    inputs: [commit],
    make: async (places) => {
      const percent = Math.floor(keep * 100).toString();
      const environment = {
        COMMIT: join(input(places), COMMIT),
        REF: OSTREE_REF,
        KEEP_PERCENT: percent,
      };
      await step(context, name, 'ostree-cut.sh', places, environment);
      return await readFacts(input(places));
    },
  };
}

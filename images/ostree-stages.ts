/**
 * The stages of the ostree layout, on top of the common base:
 *
 *     base -> ostree-base (initramfs of hosts) -> ostree-<version> (commit) -> ostree-iso-<version>
 *     base -> live (the installer's squashfs) ---------------------------------^
 *     packages -> ostree-package-<name> (a tree to lay over /usr)
 *
 * A commit that is spoiled has a stage of its own on top of the sound one.
 */
import { HostproofError } from '../harness/domain/errors.ts';
import type { PackageName } from '../harness/domain/image.ts';
import type { Defect, Recipe } from './recipe.ts';
import { input, readFacts, scriptStage, type Made, type StageContext } from './script-stage.ts';
import { isoStage, planted, versionOf, type ImageStages } from './stages.ts';
import type { Stage } from './store.ts';

/** Debian packages that only hosts of this layout have. */
export const OSTREE_PACKAGES = ['ignition', 'ostree-boot'] as const;

/** What the commit is called in repositories: a host follows it. */
export const OSTREE_REF = 'reference-node/x86_64';

/** How `ostree-spoil.sh` calls what is done to a commit after it was made. */
const SPOILS: Readonly<Partial<Record<NonNullable<Recipe['tamper']>['kind'], string>>> = {
  'cut-short': 'cut',
  flip: 'flip',
  'wrong-digest': 'digest',
  age: 'age',
};

/** How `ostree-relaid.sh` calls the way in which a commit is not laid out as it should be. */
const RELAID: typeof SPOILS = { 'other-layout': 'other', 'no-etc': 'no-etc' };

const COMMIT = 'commit.tar';
const PACKAGE = 'package.tar';

export async function ostreeStages(
  context: StageContext,
  base: Stage,
  recipe: Recipe,
  defect: Defect | undefined,
): Promise<ImageStages> {
  const hostBase = await hostBaseStage(context, base, defect);
  const commit = await commitStage(context, hostBase, recipe, defect);
  const live = await liveStage(context, base);
  const inputs = {
    BASE: base,
    SQUASHFS: { stage: live, file: 'root.squashfs' },
    COMMIT: { stage: commit, file: COMMIT },
  };
  return {
    update: { stage: await shippedStage(context, commit, recipe), file: COMMIT },
    iso:
      recipe.wrong === null && defect === undefined
        ? await isoStage(context, recipe, `ostree-iso-${recipe.version}`, inputs)
        : undefined,
  };
}

/**
 * The tree that stands for a package here.
 *
 * @throws HostproofError `story/misuse` for one that no tree can stand for
 */
export async function ostreePackage(
  context: StageContext,
  packages: Stage,
  name: PackageName,
): Promise<Made> {
  if (name === 'kmod-reference') {
    const message = `${name} cannot be laid over an image: the kernel finds modules by an index that the image has`;
    throw new HostproofError('story/misuse', message);
  }
  const stage = await scriptStage(context, {
    name: `ostree-package-${name}`,
    script: 'ostree-packages.sh',
    inputs: { RPM: { stage: packages, file: `${name}.rpm` } },
    settings: { NAME: name, REF: `package/${name}` },
  });
  return { stage, file: PACKAGE };
}

function hostBaseStage(
  context: StageContext,
  base: Stage,
  defect: Defect | undefined,
): Promise<Stage> {
  return scriptStage(context, {
    ...planted(context, 'ostree-base', defect),
    script: 'ostree-base.sh',
    inputs: { BASE: base },
    guest: ['ostree'],
  });
}

function commitStage(
  context: StageContext,
  base: Stage,
  recipe: Recipe,
  defect: Defect | undefined,
): Promise<Stage> {
  const { version } = recipe;
  const made = versionOf(recipe, base);
  return scriptStage(context, {
    ...made,
    name: planted(context, `ostree-${version}`, defect).name,
    script: 'ostree-tree.sh',
    settings: { ...made.settings, VERSION: version, REF: OSTREE_REF },
  });
}

function liveStage(context: StageContext, base: Stage): Promise<Stage> {
  return scriptStage(context, {
    name: 'live',
    script: 'live.sh',
    inputs: { BASE: base },
    guest: ['installer'],
  });
}

/** The update as it is shipped: the commit itself, unless it is spoiled after it was made. */
function shippedStage(
  context: StageContext,
  commit: Stage,
  { name, version, tamper }: Recipe,
): Promise<Stage> | Stage {
  if (tamper === null) return commit;
  const [spoil, relaid] = [SPOILS[tamper.kind], RELAID[tamper.kind]];
  const how = spoil ?? relaid;
  if (how === undefined) return commit;
  const keptPercent = tamper.kind === 'cut-short' ? Math.floor(tamper.keep * 100).toString() : '';
  return scriptStage(context, {
    name: `ostree-${how}-${name}`,
    script: spoil === undefined ? 'ostree-relaid.sh' : 'ostree-spoil.sh',
    inputs: { COMMIT: { stage: commit, file: COMMIT } },
    settings: {
      ...{ REF: OSTREE_REF, HOW: how, VERSION: version },
      ...(spoil !== undefined && { KEEP_PERCENT: keptPercent }),
    },
    facts: (places) => readFacts(input(places)),
  });
}

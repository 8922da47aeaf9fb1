/**
 * The stages that the layouts share: the first two, which all images stand on, and the installation medium.
 *
 *     root (Debian packages) -> base (finished root, kernel, initramfs of media) -> thin-stages.ts, ostree-stages.ts
 *                               base -> packages (what administrators install)
 */
import { join } from 'node:path';
import type { Packages } from './packages.ts';
import type { Defect, Recipe } from './recipe.ts';
import {
  readFacts,
  scriptStage,
  SOURCES,
  type Made,
  type ScriptStage,
  type StageContext,
} from './script-stage.ts';
import type { Stage } from './store.ts';

/** Digests a tree, on the builder as on a host. */
const CONTENT = 'probe/base-content.sh';

/** What an image consists of, in one layout. */
export interface ImageStages {
  readonly update: Made;
  /** Only sound images have an installation medium. */
  readonly iso: Made | undefined;
}

/** @param extra packages that single images add: fetched here, while there is a network */
export function rootStage(
  context: StageContext,
  { apt, suite, resolved }: Packages,
  extra: readonly string[],
): Promise<Stage> {
  return scriptStage(context, {
    name: 'root',
    script: 'root.sh',
    reads: ['packages.txt', 'apt-preferences', 'dpkg-excludes'],
    settings: { SUITE: suite, EXTRA: extra.join(' ') },
    besides: { packages: resolved },
    uncounted: { APT: apt },
  });
}

export function baseStage(context: StageContext, root: Stage): Promise<Stage> {
  return scriptStage(context, {
    name: 'base',
    script: 'base.sh',
    inputs: { ROOT: root },
    guest: ['tree', 'dracut'],
  });
}

/** Packages that administrators of hosts may install, by their names. */
export async function administratorPackages(context: StageContext, base: Stage): Promise<Stage> {
  return scriptStage(context, {
    name: 'packages',
    script: 'reference-packages.sh',
    reads: ['rpm.sh'],
    inputs: { BASE: base },
    guest: ['rpm/specs'],
  });
}

/** What a version's own tree is made of, in every layout; `guest` is what the layout takes besides. */
export function versionOf(
  { files, packages, tamper }: Recipe,
  base: Stage,
  guest: readonly string[] = [],
): Pick<ScriptStage, 'inputs' | 'guest' | 'overlay' | 'facts'> & {
  settings: Record<string, string>;
} {
  return {
    inputs: { BASE: base },
    guest: [...guest, CONTENT],
    overlay: files,
    settings: {
      PACKAGES: packages.join(' '),
      PANICS: tamper?.kind === 'empty-initramfs' ? '1' : '0',
      INITRAMFS: tamper?.kind === 'no-initramfs' ? '0' : '1',
    },
    facts: ({ out }) => readFacts(out),
  };
}

/** The medium of a sound version: `squashfs` is the installer's root, and what it installs unless there is a commit. */
export async function isoStage(
  context: StageContext,
  recipe: Recipe,
  name: string,
  inputs: { readonly BASE: Stage; readonly SQUASHFS: Made; readonly COMMIT?: Made },
): Promise<Made> {
  const { volume, title } = mediumOf(recipe);
  const stage = await scriptStage(context, {
    name,
    script: 'iso.sh',
    reads: ['iso-grub.cfg'],
    inputs: { ...inputs },
    // never the user's own variable of that name
    settings: { VOLUME: volume, TITLE: title, ...(inputs.COMMIT === undefined && { COMMIT: '' }) },
  });
  return { stage, file: 'installer.iso' };
}

/** What the installation medium is called: a volume label has at most 16 capitals, digits and underscores. */
export function mediumOf({ version }: Recipe): { volume: string; title: string } {
  return {
    volume: `HOSTPROOF_${version.replace(/[^0-9]/g, '_')}`.slice(0, 16),
    title: `Reference Node ${version}`,
  };
}

/** A stage that carries a planted defect has a name of its own, and the patch. */
export function planted(
  { sources = SOURCES }: StageContext,
  name: string,
  defect: Defect | undefined,
): { readonly name: string; readonly patch: string | undefined } {
  if (defect === undefined) return { name, patch: undefined };
  return { name: `${name}-${defect.name}`, patch: join(sources.defects, defect.patch) };
}

/** A versioned host image, as the catalogue describes it and as the builder made it. */
import { z } from 'zod';

export const LAYOUTS = ['thin', 'ostree'] as const;
export const FIRMWARES = ['uefi'] as const;
export type LayoutId = (typeof LAYOUTS)[number];
export type Firmware = (typeof FIRMWARES)[number];

/** What a story passes to a verb: the name in the catalogue. */
export interface ImageRef {
  readonly image: string;
}

/** What is wrong with an image on purpose; null for a sound one. */
export const WRONGS = [
  'truncated',
  'bit-flipped',
  'wrong-digest',
  'older',
  'no-initramfs',
  'other-layout',
  'no-etc',
  'broken-menu',
  'panics',
  'unhealthy',
  'fails-once',
] as const;

/** What verbs and the simulator need to know of an image, the same in every layout; no paths. */
export const imageFactsSchema = z.object({
  name: z.string(),
  /** `VERSION_ID` of the image's os-release. */
  version: z.string(),
  /** name-version-release: what the layout calls the base made from it. */
  nvr: z.string(),
  wrong: z.enum(WRONGS).nullable(),
  /** The small text files that tell one version from another: path to content. */
  files: z.record(z.string(), z.string()),
});
export type ImageFacts = z.infer<typeof imageFactsSchema>;

/** Packages that an administrator can install on hosts of a layout that has packages: a tool, and a kernel module. */
export const PACKAGE_NAMES = ['admin-tool', 'kmod-reference'] as const;
export type PackageName = (typeof PACKAGE_NAMES)[number];

export const artefactSchema = z.object({
  path: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.number().int().nonnegative(),
});
export type Artefact = z.infer<typeof artefactSchema>;

/** Digests of what a tree holds: `/usr`, and everything else. */
export const treeContentSchema = z.object({
  usr: z.string().regex(/^[0-9a-f]{64}$/),
  rest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type TreeContent = z.infer<typeof treeContentSchema>;

export const builtImageSchema = imageFactsSchema.extend({
  layout: z.enum(LAYOUTS),
  /** The update as it is shipped: an rpm (thin), the tarball of a repository with one commit (ostree). */
  update: artefactSchema,
  /** The installation medium; only sound images have one. */
  iso: artefactSchema.nullable(),
  /** Sum of the sizes of the files in the tree. */
  treeBytes: z.number().int().nonnegative(),
  kernelRelease: z.string(),
  content: treeContentSchema,
});
export type BuiltImage = z.infer<typeof builtImageSchema>;

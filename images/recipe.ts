/** What a file of the catalogue says: one image, as data. */
import { z } from 'zod';
import {
  imageFactsSchema,
  LAYOUTS,
  type ImageFacts,
  type LayoutId,
} from '../harness/domain/image.ts';

const pathSchema = z.string().regex(/^\/(?!.*\/\.\.(\/|$))[^\0]+$/, 'an absolute path in the tree');

const fileSchema = z.object({ text: z.string(), executable: z.boolean().optional() });

/** How an image is spoiled, on purpose, beside or after what its files say. */
const tamperSchema = z.discriminatedUnion('kind', [
  /** The update ends early: the squashfs before its own superblock says it does, an ostree commit in one of its objects. */
  z.object({ kind: z.literal('cut-short'), keep: z.number().gt(0).lt(1) }),
  /** One byte of the update as it is shipped is another: of the rpm's payload, of one of an ostree commit's objects. */
  z.object({ kind: z.literal('flip') }),
  /** What is shipped with the update says another digest of it: the rpm's own of the squashfs, the name of an ostree commit. */
  z.object({ kind: z.literal('wrong-digest') }),
  /** The date of an ostree commit is before that of all others, as its version is; of an rpm the version says enough. */
  z.object({ kind: z.literal('age') }),
  /** The initramfs is an archive with nothing in it: the kernel cannot mount its root. */
  z.object({ kind: z.literal('empty-initramfs') }),
  /** There is a kernel, and no initramfs for it. */
  z.object({ kind: z.literal('no-initramfs') }),
  /** The tree is laid out as one of the other layout. */
  z.object({ kind: z.literal('other-layout') }),
  /** The tree has no `/etc`, under whatever name. */
  z.object({ kind: z.literal('no-etc') }),
  /** The first attempt on a host to take the update in meets with a mishap (thin layout). */
  z.object({ kind: z.literal('fails-once') }),
]);

export const recipeSchema = imageFactsSchema
  .extend({
    title: z.string().min(10),
    /** How a host must take an image with something wrong, and a story of it: for `hostproof list faults`. */
    detail: z.string().min(10).nullable(),
    example: z.string().min(10).nullable(),
    /** Of a family of images, which are built for the stories that name it only; null for an image on its own. */
    family: z.string().nullable(),
    version: z.string().regex(/^\d+(\.\d+)+$/),
    nvr: z.string().regex(/^[a-z][a-z0-9-]*-[\d.]+-\d+$/),
    /** Debian packages that this image has and the common root has not. */
    packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/)),
    /** Files of this image, by their path in the tree. */
    files: z.record(pathSchema, fileSchema),
    tamper: tamperSchema.nullable(),
  })
  .refine(
    ({ wrong, detail, example }) =>
      [detail, example].every((it) => (it === null) === (wrong === null)),
    'what is wrong with it is explained: a detail and an example',
  )
  .refine(({ version, nvr }) => nvr.includes(`-${version}-`), 'the nvr names another version');

export type Recipe = z.infer<typeof recipeSchema>;

/** What only updates of one layout can be spoiled by. */
const TAMPERS_OF_ONE: Readonly<Partial<Record<NonNullable<Recipe['tamper']>['kind'], LayoutId>>> = {
  'fails-once': 'thin',
};

/** Whether the image can be made for that layout. */
export function isOn({ tamper }: Pick<Recipe, 'tamper'>, layout: LayoutId): boolean {
  return tamper === null || (TAMPERS_OF_ONE[tamper.kind] ?? layout) === layout;
}

/** The facts that the rest of hostproof needs. */
export function factsOf({ name, version, nvr, wrong, files }: Recipe): ImageFacts {
  const texts = Object.entries(files).map(([path, file]) => [path, file.text] as const);
  return { name, version, nvr, wrong, files: Object.fromEntries(texts) };
}

/** A defect planted in what an update carries of its layout's own. */
export const defectSchema = z.object({
  name: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
  title: z.string().min(10),
  layout: z.enum(LAYOUTS),
  /** The unified diff beside the defect's own file, relative to the layout's directory in `images/guest`: see `PATCHED`. */
  patch: z.string().regex(/^[a-z-]+\.patch$/),
  /** The story that must find it. */
  story: z.string().min(1),
  /** What must turn up: an invariant, an expectation of that story (`expect.file`), or a symptom of a console (`console.kernel-panic`). */
  invariant: z.string().min(1),
  /** Ids of the real defects, in `scenarios/bugs.yaml`, whose mechanism it is. */
  bugs: z.array(z.string().min(1)).min(1).optional(),
});

export type Defect = z.infer<typeof defectSchema>;

/** What defects of a layout are planted in, below `images/guest`. */
export const PATCHED: Readonly<Record<LayoutId, string>> = { thin: 'imgbased', ostree: 'ostree' };

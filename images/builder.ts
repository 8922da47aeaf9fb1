/** Builds the images of the catalogue, each once, and finds them again. */
import { mkdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { HostproofError, messageOf } from '../harness/domain/errors.ts';
import type { Artefact, BuiltImage, ImageFacts } from '../harness/domain/image.ts';
import { defects, named, recipes } from './catalogue.ts';
import { choosePackages, knownPackages, type Packages } from './packages.ts';
import { factsOf, type Defect, type Recipe } from './recipe.ts';
import {
  baseStage,
  cutStage,
  ISO,
  isoStage,
  rootStage,
  SQUASHFS,
  treeFactsSchema,
  treeStage,
  type StageContext,
} from './stages.ts';
import { verifyStored, type Stored } from './record.ts';
import { requireTools } from './step.ts';
import { Store, type Stage } from './store.ts';

export interface BuildOptions {
  /** hostproof's cache directory. */
  readonly cacheDir: string;
  readonly onProgress?: ((text: string) => void) | undefined;
  /** Name of a defect to plant in the engine that the update carries; such an image has no medium. */
  readonly defect?: string | undefined;
  /** Choose the packages anew, from fresh package lists. */
  readonly refresh?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ImageListing extends ImageFacts {
  readonly title: string;
  readonly state: 'built' | 'absent' | 'damaged';
  /** Of what is in the cache; 0 if nothing is. */
  readonly sizeBytes: number;
  /** Why it is damaged. */
  readonly detail?: string;
}

/** Free space that building wants: what it keeps and what it needs on the way. */
const FREE_BYTES_FIRST = 3 * 1024 ** 3;
const FREE_BYTES_MORE = 1024 ** 3;

/** How long something in the cache is kept after its last use. */
const KEEP_DAYS = 14;

const stores = new Map<string, Store>();

/**
 * The image, built now if it is absent. Calls may overlap, in one process or in several: common stages are made once.
 *
 * @throws HostproofError `usage/unknown-name`, `env/missing-tool`, `env/disk-full`, `env/image-build`, `env/lock`
 */
export async function buildImage(name: string, options: BuildOptions): Promise<BuiltImage> {
  const catalogue = await recipes();
  const recipe = named('image', name, catalogue);
  const defect =
    options.defect === undefined ? undefined : named('defect', options.defect, await defects());
  const store = storeAt(options.cacheDir);
  await prepare(store);
  const extra = extraPackages(catalogue);
  const attempt = async (refresh: boolean): Promise<BuiltImage> => {
    const packages = await choosePackages({ ...options, extra, refresh });
    const plan = await planOf(recipe, defect, packages, extra, contextOf(store, options));
    await requireSpace(store, plan);
    const [squashfs, iso] = await Promise.all([
      store.obtain(plan.squashfs, options),
      plan.iso === undefined ? undefined : store.obtain(plan.iso, options),
    ]);
    await store.sweep(KEEP_DAYS);
    return describe(recipe, squashfs, iso);
  };
  try {
    return await attempt(options.refresh ?? false);
  } catch (error) {
    if (options.refresh === true || !(await isOutdated(store, error))) throw error;
    options.onProgress?.('packages: the mirror no longer has these versions; choosing anew');
    return await attempt(true);
  }
}

/** Every image of the catalogue with what the cache has of it; quick, and without a network. */
export async function listImages({
  cacheDir,
}: Pick<BuildOptions, 'cacheDir'>): Promise<ImageListing[]> {
  const store = storeAt(cacheDir);
  const catalogue = await recipes();
  const extra = extraPackages(catalogue);
  const packages = await knownPackages(cacheDir, extra);
  return await Promise.all(
    catalogue.map(async (recipe): Promise<ImageListing> => {
      const listing = { ...factsOf(recipe), title: recipe.title };
      if (packages === undefined) return { ...listing, state: 'absent', sizeBytes: 0 };
      const plan = await planOf(recipe, undefined, packages, extra, contextOf(store, {}));
      try {
        const { squashfs, iso } = await findPlanned(store, plan);
        const whole = squashfs !== undefined && (plan.iso === undefined || iso !== undefined);
        return {
          ...listing,
          state: whole ? 'built' : 'absent',
          sizeBytes:
            (squashfs?.files[SQUASHFS]?.sizeBytes ?? 0) + (iso?.files[ISO]?.sizeBytes ?? 0),
        };
      } catch (error) {
        return { ...listing, state: 'damaged', sizeBytes: 0, detail: messageOf(error) };
      }
    }),
  );
}

/**
 * Reads every byte of a built image and compares digests.
 *
 * @throws HostproofError `env/image-absent`, `env/image-damaged`, `usage/unknown-name`
 */
export async function verifyImage(
  name: string,
  { cacheDir }: Pick<BuildOptions, 'cacheDir'>,
): Promise<BuiltImage> {
  const store = storeAt(cacheDir);
  const catalogue = await recipes();
  const recipe = named('image', name, catalogue);
  const extra = extraPackages(catalogue);
  const packages = await knownPackages(cacheDir, extra);
  if (packages === undefined) throw absent(name, store);
  const plan = await planOf(recipe, undefined, packages, extra, contextOf(store, {}));
  const { squashfs, iso } = await findPlanned(store, plan);
  if (squashfs === undefined || (plan.iso !== undefined && iso === undefined)) {
    throw absent(name, store);
  }
  await verifyStored(squashfs);
  if (iso !== undefined) await verifyStored(iso);
  return describe(recipe, squashfs, iso);
}

interface Plan {
  readonly root: Stage;
  readonly squashfs: Stage;
  readonly iso: Stage | undefined;
}

async function planOf(
  recipe: Recipe,
  defect: Defect | undefined,
  packages: Packages,
  extra: readonly string[],
  context: StageContext,
): Promise<Plan> {
  const root = await rootStage(context, packages, extra);
  const base = await baseStage(context, root);
  const tree = await treeStage(context, base, recipe, defect);
  const hasMedium = recipe.wrong === null && defect === undefined;
  return {
    root,
    squashfs:
      recipe.tamper?.kind === 'cut-short' ? cutStage(tree, recipe, recipe.tamper.keep) : tree,
    iso: hasMedium ? await isoStage(context, base, tree, recipe) : undefined,
  };
}

async function findPlanned(
  store: Store,
  plan: Plan,
): Promise<{ squashfs: Stored | undefined; iso: Stored | undefined }> {
  return {
    squashfs: await store.find(plan.squashfs),
    iso: plan.iso === undefined ? undefined : await store.find(plan.iso),
  };
}

function describe(recipe: Recipe, squashfs: Stored, iso: Stored | undefined): BuiltImage {
  return {
    ...factsOf(recipe),
    ...treeFactsSchema.parse(squashfs.facts),
    squashfs: artefact(squashfs, SQUASHFS),
    iso: iso === undefined ? null : artefact(iso, ISO),
  };
}

function artefact({ directory, files }: Stored, name: string): Artefact {
  const file = files[name];
  if (file === undefined) {
    throw new HostproofError('env/image-damaged', `${directory} has no ${name}`);
  }
  return { path: join(directory, name), sha256: file.sha256, sizeBytes: file.sizeBytes };
}

function extraPackages(catalogue: readonly Recipe[]): string[] {
  return [...new Set(catalogue.flatMap(({ packages }) => packages))].sort();
}

function contextOf(
  store: Store,
  { onProgress, signal }: Pick<BuildOptions, 'onProgress' | 'signal'>,
): StageContext {
  const report = (text: string): void => onProgress?.(text);
  return { logs: join(store.directory, 'logs'), onProgress: report, signal };
}

function storeAt(cacheDir: string): Store {
  const store = stores.get(cacheDir) ?? new Store(cacheDir);
  stores.set(cacheDir, store);
  return store;
}

async function prepare(store: Store): Promise<void> {
  try {
    await mkdir(join(store.directory, 'logs'), { recursive: true });
  } catch (error) {
    throw new HostproofError('env/io', `cannot write to the cache: ${messageOf(error)}`, {
      cause: error,
      hint: 'XDG_CACHE_HOME names the directory that caches live in',
    });
  }
}

/** Checks what building needs, when there is something to build. */
async function requireSpace(store: Store, plan: Plan): Promise<void> {
  const present = await findPlanned(store, plan).catch(() => undefined);
  if (present?.squashfs !== undefined && (plan.iso === undefined || present.iso !== undefined))
    return;
  await requireTools();
  const root = await store.find(plan.root).catch(() => undefined);
  const wantedBytes = root === undefined ? FREE_BYTES_FIRST : FREE_BYTES_MORE;
  const { bavail, bsize } = await statfs(store.directory);
  if (bavail * bsize >= wantedBytes) return;
  const mebibytes = (bytes: number): string => String(Math.floor(bytes / 1024 ** 2));
  throw new HostproofError(
    'env/disk-full',
    `building images needs ${mebibytes(wantedBytes)} MiB free in ${store.directory}, there are ${mebibytes(bavail * bsize)}`,
  );
}

/** True if the root could not be made because the mirror has moved on since the package lists were fetched. */
async function isOutdated(store: Store, error: unknown): Promise<boolean> {
  if (!(error instanceof HostproofError) || error.code !== 'env/image-build') return false;
  const log = await readFile(join(store.directory, 'logs', 'root.log'), 'utf8').catch(() => '');
  return error.message.startsWith('root.sh') && /\b404 +Not Found\b|Unable to fetch/.test(log);
}

function absent(name: string, store: Store): HostproofError {
  return new HostproofError('env/image-absent', `image ${name} is not in ${store.directory}`, {
    hint: `hostproof image build ${name}`,
  });
}

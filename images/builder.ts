/** Builds the images of the catalogue, each once, and finds them again. */
import { mkdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { HostproofError, messageOf } from '../harness/domain/errors.ts';
import {
  LAYOUTS,
  type Artefact,
  type BuiltImage,
  type ImageFacts,
  type LayoutId,
  type PackageName,
} from '../harness/domain/image.ts';
import { named } from '../harness/domain/nearest.ts';
import { defects, recipes } from './catalogue.ts';
import { choosePackages, knownPackages, type Packages } from './packages.ts';
import { factsOf, isOn, type Defect, type Recipe } from './recipe.ts';
import { OSTREE_PACKAGES, ostreePackage, ostreeStages } from './ostree-stages.ts';
import { verifyStored, type Stored } from './record.ts';
import { treeFactsSchema, type Made, type StageContext } from './script-stage.ts';
import { administratorPackages, baseStage, rootStage, type ImageStages } from './stages.ts';
import { requireTools } from './step.ts';
import { Store, type Stage } from './store.ts';
import { THIN_PACKAGES, thinStages } from './thin-stages.ts';

export interface BuildOptions {
  /** hostproof's cache directory. */
  readonly cacheDir: string;
  readonly onProgress?: ((text: string) => void) | undefined;
  /** The layout that the image is built for. */
  readonly layout: LayoutId;
  /** Name of a defect to plant in what the update carries; such an image has no medium. */
  readonly defect?: string | undefined;
  /** Choose the packages anew, from fresh package lists. */
  readonly refresh?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ImageListing extends ImageFacts {
  readonly layout: LayoutId;
  readonly title: string;
  readonly family: string | null;
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
    const context = contextOf(store, options);
    const plan = await planOf(recipe, options.layout, defect, packages, extra, context);
    await requireSpace(store, plan);
    const [update, iso] = await Promise.all([
      store.obtain(plan.update.stage, options),
      plan.iso === undefined ? undefined : store.obtain(plan.iso.stage, options),
    ]);
    await store.sweep(KEEP_DAYS);
    return describe(recipe, options.layout, plan, update, iso);
  };
  try {
    return await attempt(options.refresh ?? false);
  } catch (error) {
    if (options.refresh === true || !(await isOutdated(store, error))) throw error;
    options.onProgress?.('packages: the mirror no longer has these versions; choosing anew');
    return await attempt(true);
  }
}

/**
 * A package for administrators of hosts, as hosts of that layout take it, built now if it is absent.
 *
 * @throws HostproofError as `buildImage`; `story/misuse` where the layout cannot take it
 */
export async function buildPackage(
  name: PackageName,
  options: Pick<BuildOptions, 'cacheDir' | 'layout' | 'onProgress' | 'signal'>,
): Promise<Artefact> {
  const store = storeAt(options.cacheDir);
  await prepare(store);
  const extra = extraPackages(await recipes());
  const packages = await choosePackages({ ...options, extra });
  const context = contextOf(store, options);
  const base = await baseStage(context, await rootStage(context, packages, extra));
  const built = await administratorPackages(context, base);
  const made =
    options.layout === 'thin'
      ? { stage: built, file: `${name}.rpm` }
      : await ostreePackage(context, built, name);
  return artefact(await store.obtain(made.stage, options), made);
}

/** Every image of the catalogue in every layout that it can be made for, with what the cache has of it; quick, and without a network. */
export async function listImages({
  cacheDir,
}: Pick<BuildOptions, 'cacheDir'>): Promise<ImageListing[]> {
  const store = storeAt(cacheDir);
  const catalogue = await recipes();
  const extra = extraPackages(catalogue);
  const packages = await knownPackages(cacheDir, extra);
  const images = LAYOUTS.flatMap((layout) =>
    catalogue.filter((recipe) => isOn(recipe, layout)).map((recipe) => ({ layout, recipe })),
  );
  return await Promise.all(
    images.map(async ({ layout, recipe }): Promise<ImageListing> => {
      const listing = { ...factsOf(recipe), layout, title: recipe.title, family: recipe.family };
      if (packages === undefined) return { ...listing, state: 'absent', sizeBytes: 0 };
      const context = contextOf(store, {});
      const plan = await planOf(recipe, layout, undefined, packages, extra, context);
      try {
        const { update, iso } = await findPlanned(store, plan);
        const whole = update !== undefined && (plan.iso === undefined || iso !== undefined);
        const sizes = [
          update?.files[plan.update.file],
          plan.iso === undefined ? undefined : iso?.files[plan.iso.file],
        ];
        return {
          ...listing,
          state: whole ? 'built' : 'absent',
          sizeBytes: sizes.reduce((sum, file) => sum + (file?.sizeBytes ?? 0), 0),
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
  { cacheDir, layout }: Pick<BuildOptions, 'cacheDir' | 'layout'>,
): Promise<BuiltImage> {
  const store = storeAt(cacheDir);
  const catalogue = await recipes();
  const recipe = named('image', name, catalogue);
  const extra = extraPackages(catalogue);
  const packages = await knownPackages(cacheDir, extra);
  if (packages === undefined) throw absent(name, layout, store);
  const plan = await planOf(recipe, layout, undefined, packages, extra, contextOf(store, {}));
  const { update, iso } = await findPlanned(store, plan);
  if (update === undefined || (plan.iso !== undefined && iso === undefined)) {
    throw absent(name, layout, store);
  }
  await verifyStored(update);
  if (iso !== undefined) await verifyStored(iso);
  return describe(recipe, layout, plan, update, iso);
}

interface Plan extends ImageStages {
  readonly root: Stage;
}

async function planOf(
  recipe: Recipe,
  layout: LayoutId,
  defect: Defect | undefined,
  packages: Packages,
  extra: readonly string[],
  context: StageContext,
): Promise<Plan> {
  if (!isOn(recipe, layout))
    throw new HostproofError('usage/option', `${recipe.name} is no image of the layout ${layout}`);
  const root = await rootStage(context, packages, extra);
  const base = await baseStage(context, root);
  if (defect !== undefined && defect.layout !== layout) {
    throw new HostproofError(
      'usage/option',
      `the defect ${defect.name} is one of the layout ${defect.layout}, not of ${layout}`,
    );
  }
  const stages = { thin: thinStages, ostree: ostreeStages }[layout];
  return { root, ...(await stages(context, base, recipe, defect)) };
}

async function findPlanned(
  store: Store,
  plan: Plan,
): Promise<{ update: Stored | undefined; iso: Stored | undefined }> {
  return {
    update: await store.find(plan.update.stage),
    iso: plan.iso === undefined ? undefined : await store.find(plan.iso.stage),
  };
}

function describe(
  recipe: Recipe,
  layout: LayoutId,
  plan: Plan,
  update: Stored,
  iso: Stored | undefined,
): BuiltImage {
  return {
    ...factsOf(recipe),
    ...treeFactsSchema.parse(update.facts),
    layout,
    update: artefact(update, plan.update),
    iso: iso === undefined || plan.iso === undefined ? null : artefact(iso, plan.iso),
  };
}

function artefact({ directory, files }: Stored, made: Made): Artefact {
  const file = files[made.file];
  if (file === undefined) {
    throw new HostproofError('env/image-damaged', `${directory} has no ${made.file}`);
  }
  return { path: join(directory, made.file), sha256: file.sha256, sizeBytes: file.sizeBytes };
}

function extraPackages(catalogue: readonly Recipe[]): string[] {
  return [
    ...new Set<string>([
      ...OSTREE_PACKAGES,
      ...THIN_PACKAGES,
      ...catalogue.flatMap(({ packages }) => packages),
    ]),
  ].sort();
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
  if (present?.update !== undefined && (plan.iso === undefined || present.iso !== undefined))
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

function absent(name: string, layout: LayoutId, store: Store): HostproofError {
  const message = `image ${name} (${layout}) is not in ${store.directory}`;
  const hint = `hostproof image build ${name} --layout ${layout}`;
  return new HostproofError('env/image-absent', message, { hint });
}

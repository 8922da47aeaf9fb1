/** What there is to run, and what to run it with: one function for each kind of thing. */
import type { Recipe } from '../../images/recipe.ts';
import { coverage, type CoveredBug } from '../domain/bug.ts';
import { FIRMWARES, LAYOUTS } from '../domain/image.ts';
import { cases, jobId, plan } from '../domain/plan.ts';
import { MEMORY_MIB, type Scenario, type ScenarioData, type Suite } from '../domain/scenario.ts';
import { FILLABLE } from '../domain/fillable.ts';
import { STORAGES, type Variant } from '../domain/variant.ts';

/** One row: a name and what it means; the rest is for `--json`. */
interface Entry {
  readonly name: string;
  readonly title: string;
  /** What it stands below, if that is not its kind. */
  readonly heading?: string;
  readonly [detail: string]: unknown;
}

export interface Listing {
  readonly entries: readonly Entry[];
  /** A last line for people. */
  readonly summary?: string;
}

/** Loaded only when asked for: stories and images are code. */
export const KINDS = {
  scenarios: async (): Promise<Listing> => {
    const { loadScenarios } = await import('./load.ts');
    const scenarios = await loadScenarios();
    return { entries: scenarios.map(({ id, scenario }) => ({ name: id, ...scenario.data })) };
  },
  variants: async (): Promise<Listing> => {
    const { loadScenarios } = await import('./load.ts');
    const scenarios = await loadScenarios();
    const everything = { filters: [], seed: 0 };
    const simulated = new Set(
      plan(scenarios, { ...everything, machine: 'sim' }).map(({ id }) => id),
    );
    const entries = cases(scenarios, { ...everything, machine: 'qemu' }).map(
      ({ id, scenario, variant, why }) => {
        const name = jobId(id, variant);
        const title =
          why === null ? needs(scenario.data, variant, simulated.has(name)) : `not run: ${why}`;
        const suite = why === null ? suiteOf(scenario, variant) : null;
        return { name, title, scenario: id, ...variant, why, suite };
      },
    );
    return { entries };
  },
  images: async (): Promise<Listing> => {
    const { recipes } = await import('../../images/catalogue.ts');
    const entries = (await recipes()).map(({ name, title, family, version, nvr, wrong }) => {
      return { name, title, layouts: [...LAYOUTS], family, version, nvr, wrong };
    });
    return { entries };
  },
  layouts: (): Promise<Listing> =>
    Promise.resolve({
      entries: LAYOUTS.map((name) => ({
        name,
        title: LAYOUT_TITLES[name],
        firmware: [...FIRMWARES],
        storage: [...STORAGES],
      })),
    }),
  reporters: async (): Promise<Listing> => {
    const { loadReporters } = await import('./reporting.ts');
    const reporters = await loadReporters();
    return { entries: reporters.map(({ name, title, live }) => ({ name, title, live })) };
  },
  defects: async (): Promise<Listing> => {
    const { loadDefects } = await import('./planted.ts');
    const entries = (await loadDefects()).map(
      ({ name, title, layout, story, invariant, bugs = [] }) => {
        const detail = [`found by ${invariant} in ${story}`, ...bugs].join('; ');
        return { name, title, detail, layout, story, invariant, bugs };
      },
    );
    return { entries };
  },
  faults: async (): Promise<Listing> => {
    const [{ loadFaults }, { recipes }, { MOMENTS }] = await Promise.all([
      import('./load.ts'),
      import('../../images/catalogue.ts'),
      import('./moments.ts'),
    ]);
    const images = (await recipes()).filter(({ wrong }) => wrong !== null);
    return {
      entries: [
        ...(await loadFaults()).map((fault) => told(fault)),
        ...MOMENTS.map((moment) => told(moment, 'moments at which they strike')),
        ...images.map((image) => told(image, 'images with something wrong')),
        ...FILLABLE.map(({ where, ...place }) =>
          told(
            { name: where ?? 'unless said', ...place },
            'places that can be filled (done inside the guest)',
          ),
        ),
      ],
    };
  },
  bugs: async (): Promise<Listing> => {
    const bugs = await coveredBugs();
    return {
      entries: bugs.map(({ id, ...bug }) => ({ name: id, title: coverOf(bug), ...bug })),
      summary: summaryOf(bugs),
    };
  },
} as const;

export type Kind = keyof typeof KINDS;
export const ALL_KINDS = Object.keys(KINDS) as Kind[];

const LAYOUT_TITLES: Readonly<Record<(typeof LAYOUTS)[number], string>> = {
  thin: 'LVM thin pool: a read-only base and a writable layer for each version (imgbased)',
  ostree: 'libostree: a deployment of a commit for each version, /etc merged, /var shared',
};

/** What can go wrong, and how a story says so. */
function told(
  { name, title, detail, example }: Pick<Recipe, 'name' | 'title' | 'detail' | 'example'>,
  heading?: string,
): Entry {
  return { name, title, detail, example, ...(heading !== undefined && { heading }) };
}

/** What a machine must have to tell a story. */
function needs({ memoryMiB }: ScenarioData, { layout, firmware }: Variant, sim: boolean): string {
  const memory = memoryMiB ?? MEMORY_MIB;
  return [
    `QEMU, ${firmware} firmware, ${memory.toString()} MiB, the ${layout} images`,
    ...(sim ? ['or --machine sim'] : []),
  ].join('; ');
}

/** The smallest suite that it is run in. */
function suiteOf({ data }: Scenario, variant: Variant): Suite {
  return variant.storage === STORAGES[0] ? data.suite : 'full';
}

async function coveredBugs(): Promise<CoveredBug[]> {
  const [{ loadBugs }, { loadScenarios }, { loadDefects }] = await Promise.all([
    import('./bugs.ts'),
    import('./load.ts'),
    import('./planted.ts'),
  ]);
  return coverage(...(await Promise.all([loadBugs(), loadScenarios(), loadDefects()])));
}

function coverOf({ stories, defects, why }: Omit<CoveredBug, 'id'>): string {
  if (why !== null) return `nothing (${why})`;
  const planted = defects.length === 0 ? '' : `; planted: ${defects.join(', ')}`;
  return `${stories.join(', ')}${planted}`;
}

function summaryOf(bugs: readonly CoveredBug[]): string {
  const count = (those: (bug: CoveredBug) => boolean): number => bugs.filter(those).length;
  return [
    `${bugs.length} defects: ${count(({ stories }) => stories.length > 0)} with a story`,
    `${count(({ defects }) => defects.length > 0)} with a planted defect`,
    `${count(({ why }) => why !== null)} with nothing`,
  ].join(', ');
}

/** `hostproof list`: what there is to run, and what to run it with. */
import { Argument } from '@commander-js/extra-typings';
import { FIRMWARES, LAYOUTS } from '../../domain/image.ts';
import { known } from '../../domain/nearest.ts';
import { cases, plan } from '../../domain/plan.ts';
import { MEMORY_MIB, type Scenario, type ScenarioData, type Suite } from '../../domain/scenario.ts';
import { STORAGES, variantName, type Variant } from '../../domain/variant.ts';
import { commandWithExamples, type CommandContext, type CommandModule } from '../command.ts';
import { printJson, table } from '../output.ts';

/** One row: a name and what it means; the rest is for `--json`. */
interface Entry {
  readonly name: string;
  readonly title: string;
  readonly [detail: string]: unknown;
}

/** Loaded only when asked for: stories and images are code. */
const KINDS = {
  scenarios: async (): Promise<Entry[]> => {
    const { loadScenarios } = await import('../load.ts');
    return (await loadScenarios()).map(({ id, scenario }) => ({ name: id, ...scenario.data }));
  },
  variants: async (): Promise<Entry[]> => {
    const { loadScenarios } = await import('../load.ts');
    const scenarios = await loadScenarios();
    const everything = { filters: [], seed: 0 };
    const simulated = new Set(
      plan(scenarios, { ...everything, machine: 'sim' }).map(({ id }) => id),
    );
    return cases(scenarios, { ...everything, machine: 'qemu' }).map(
      ({ id, scenario, variant, why }) => {
        const name = `${id}@${variantName(variant)}`;
        const title =
          why === null ? needs(scenario.data, variant, simulated.has(name)) : `not run: ${why}`;
        const suite = why === null ? suiteOf(scenario, variant) : null;
        return { name, title, scenario: id, ...variant, why, suite };
      },
    );
  },
  images: async (): Promise<Entry[]> => {
    const { recipes } = await import('../../../images/catalogue.ts');
    return (await recipes()).map(({ name, title, family, version, nvr, wrong }) => {
      return { name, title, layouts: [...LAYOUTS], family, version, nvr, wrong };
    });
  },
  layouts: (): Promise<Entry[]> =>
    Promise.resolve(
      LAYOUTS.map((name) => ({
        name,
        title: LAYOUT_TITLES[name],
        firmware: [...FIRMWARES],
        storage: [...STORAGES],
      })),
    ),
  reporters: async (): Promise<Entry[]> => {
    const { loadReporters } = await import('../reporting.ts');
    return (await loadReporters()).map(({ name, title, live }) => ({ name, title, live }));
  },
  defects: async (): Promise<Entry[]> => {
    const { defects } = await import('../../../images/catalogue.ts');
    return (await defects()).map(({ name, title, layout, story, invariant }) => {
      return { name, title, layout, story, invariant };
    });
  },
} as const;

const LAYOUT_TITLES: Readonly<Record<(typeof LAYOUTS)[number], string>> = {
  thin: 'LVM thin pool: a read-only base and a writable layer for each version (imgbased)',
  ostree: 'libostree: a deployment of a commit for each version, /etc merged, /var shared',
};

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

type Kind = keyof typeof KINDS;
const ALL_KINDS = Object.keys(KINDS) as Kind[];

const list: CommandModule = (_context: CommandContext) =>
  commandWithExamples('list', 'shows stories, images, layouts, reports and planted defects', [
    ['hostproof list', 'everything'],
    ['hostproof list scenarios', 'the stories and the suites they belong to'],
    ['hostproof list variants', 'every story on every layout, firmware and storage, and why not'],
    ['hostproof list images --json', 'for a program'],
  ])
    .addArgument(new Argument('[kind]', `one of ${ALL_KINDS.join(', ')}`))
    .option('--json', 'prints JSON')
    .action(async (kind, options) => {
      const kinds = kind === undefined ? ALL_KINDS : [known('kind', kind, ALL_KINDS)];
      const found = await Promise.all(kinds.map(async (one) => [one, await KINDS[one]()] as const));
      if (options.json === true) {
        const [only] = found;
        printJson(kind === undefined ? Object.fromEntries(found) : only?.[1]);
      } else {
        process.stdout.write(found.map(([name, entries]) => section(name, entries)).join('\n'));
      }
    });

export default list;

function section(kind: Kind, entries: readonly Entry[]): string {
  const rows = entries.map(({ name, title, suite }) => [
    `  ${name}`,
    typeof suite === 'string' ? `[${suite}] ${title}` : title,
  ]);
  return `${kind}\n${table(rows)}`;
}

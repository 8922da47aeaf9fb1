/** Which jobs a run consists of. */
import type { JobInfo } from './event.ts';
import type { Firmware, LayoutId } from './image.ts';
import { deriveSeed } from './prng.ts';
import type { Scenario } from './scenario.ts';

/** A scenario with its name: the path of its file below `scenarios/`, without the ending. */
export interface NamedScenario {
  readonly id: string;
  readonly scenario: Scenario;
}

export interface Selection {
  /** A scenario is taken if its id or its title contains any of these; all are taken if there are none. */
  readonly filters: readonly string[];
  readonly suite?: string | undefined;
  readonly layout?: LayoutId | undefined;
  readonly firmware?: Firmware | undefined;
  readonly machine: 'qemu' | 'sim';
  readonly seed: number;
}

export interface Job extends JobInfo {
  readonly layout: LayoutId;
  readonly run: Scenario;
}

/** The layouts that there is a simulated host for. */
export const SIMULATED_LAYOUTS: readonly LayoutId[] = ['thin'];

export function plan(scenarios: readonly NamedScenario[], selection: Selection): Job[] {
  return scenarios
    .filter(({ id, scenario }) => matches(id, scenario, selection))
    .flatMap(({ id, scenario }) =>
      scenario.data.layouts
        .filter((layout) => wanted(layout, selection.layout))
        .filter((layout) => selection.machine !== 'sim' || SIMULATED_LAYOUTS.includes(layout))
        .flatMap((layout) =>
          scenario.data.firmware
            .filter((firmware) => wanted(firmware, selection.firmware))
            .map((firmware) => {
              const name = `${id}@${layout}-${firmware}`;
              return {
                id: name,
                scenario: id,
                title: scenario.data.title,
                layout,
                firmware,
                machine: selection.machine,
                seed: deriveSeed(selection.seed, name),
                run: scenario,
              };
            }),
        ),
    );
}

function wanted(name: string, only: string | undefined): boolean {
  return only === undefined || name === only;
}

function matches(id: string, scenario: Scenario, selection: Selection): boolean {
  if (selection.machine === 'sim' && scenario.data.machineOnly === true) return false;
  if (selection.suite !== undefined && scenario.data.suite !== selection.suite) return false;
  const text = `${id}\n${scenario.data.title}`.toLowerCase();
  return (
    selection.filters.length === 0 ||
    selection.filters.some((filter) => text.includes(filter.toLowerCase()))
  );
}

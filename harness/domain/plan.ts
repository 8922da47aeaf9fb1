/** Which jobs a run consists of, and why the others are not among them. */
import type { JobInfo } from './event.ts';
import type { Firmware, LayoutId } from './image.ts';
import { deriveSeed } from './prng.ts';
import { MEMORY_MIB, SUITES, type Scenario, type Suite } from './scenario.ts';
import {
  STORAGES,
  VARIANTS,
  variantName,
  type Disks,
  type Storage,
  type Variant,
} from './variant.ts';

/** A scenario with its name: the path of its file below `scenarios/`, without the ending. */
export interface NamedScenario {
  readonly id: string;
  readonly scenario: Scenario;
}

export interface Selection {
  /** A case is taken if its job's id or its title contains one of these; by the whole id of a job that job only. Without any, all are. */
  readonly filters: readonly string[];
  /** Stories of this suite and of the smaller ones. */
  readonly suite?: Suite | undefined;
  readonly layout?: LayoutId | undefined;
  readonly firmware?: Firmware | undefined;
  readonly storage?: Storage | undefined;
  readonly machine: 'qemu' | 'sim';
  /** What disks are kept in, where the story does not say: an image file, unless said. */
  readonly disks?: Disks | undefined;
  readonly seed: number;
}

export interface Job extends JobInfo, Variant {
  readonly layout: LayoutId;
  readonly firmware: Firmware;
  readonly storage: Storage;
  readonly run: Scenario;
}

/** A scenario on a variant; `why` it is not run there, or null if it is. */
export interface Case extends NamedScenario {
  readonly variant: Variant;
  readonly why: string | null;
}

/** The layouts that there is a simulated host for. */
export const SIMULATED_LAYOUTS: readonly LayoutId[] = ['thin'];

export function plan(scenarios: readonly NamedScenario[], selection: Selection): Job[] {
  return cases(scenarios, selection)
    .filter(({ why }) => why === null)
    .map(({ id: scenario, scenario: run, variant }) => {
      const id = jobId(scenario, variant);
      return {
        ...{ id, scenario, ...variant, run },
        title: run.data.title,
        machine: selection.machine,
        seed: deriveSeed(selection.seed, id),
        memoryMiB: run.data.memoryMiB ?? MEMORY_MIB,
        ...((run.data.disks ?? selection.disks) === 'served' && { disks: 'served' as const }),
      };
    });
}

/** What reports call a story on a variant. */
export function jobId(scenario: string, variant: Variant): string {
  return `${scenario}@${variantName(variant)}`;
}

/** The same story, told against updates that carry a defect. */
export function planted(job: Job, defect: string): Job {
  return { ...job, id: `${job.id}+${defect}`, defect };
}

/** What a planted defect says of where it is found. */
export interface Hunted {
  readonly name: string;
  readonly layout: LayoutId;
  readonly story: string;
}

/** The jobs that must find these defects: each as it is, and with each defect that is its own. */
export function hunts(jobs: readonly Job[], defects: readonly Hunted[]): Job[] {
  return jobs.flatMap((job) => {
    const own = defects.filter(
      ({ story, layout }) => story === job.scenario && layout === job.layout,
    );
    return own.length === 0 ? [] : [job, ...own.map(({ name }) => planted(job, name))];
  });
}

/** Every scenario on every variant. */
export function cases(scenarios: readonly NamedScenario[], selection: Selection): Case[] {
  return scenarios.flatMap((named) =>
    VARIANTS.map((variant) => {
      const why =
        untold(named.scenario, variant) ??
        unwanted(named, variant, selection) ??
        unchosen(variant, selection) ??
        unsimulated(named.scenario, variant, selection);
      return { ...named, variant, why };
    }),
  );
}

/** What the story says of itself. */
function untold({ data }: Scenario, { layout, firmware, storage }: Variant): string | null {
  if (!data.layouts.includes(layout)) return data.notOn?.[layout] ?? `not told on ${layout}`;
  if (!data.firmware.includes(firmware)) return `not told on ${firmware}`;
  if (!(data.storage ?? STORAGES.slice(0, 1)).includes(storage)) return `not told on ${storage}`;
  return null;
}

function unwanted(
  named: NamedScenario,
  variant: Variant,
  { suite, filters }: Selection,
): string | null {
  const own = named.scenario.data.suite;
  if (suite !== undefined && SUITES.indexOf(own) > SUITES.indexOf(suite)) return `in suite ${own}`;
  const isWanted = filters.length === 0 || filters.some((one) => fits(one, named, variant));
  return isWanted ? null : 'not asked for';
}

function fits(filter: string, { id, scenario }: NamedScenario, variant: Variant): boolean {
  const name = jobId(id, variant);
  // the whole name of one job is part of another's
  if (VARIANTS.some((one) => filter === jobId(id, one))) return filter === name;
  return `${name}\n${scenario.data.title}`.toLowerCase().includes(filter.toLowerCase());
}

function unchosen(variant: Variant, selection: Selection): string | null {
  for (const axis of ['layout', 'firmware', 'storage'] as const) {
    if (selection[axis] !== undefined && selection[axis] !== variant[axis]) return 'not asked for';
  }
  // Other storage is for those who have the time, or ask for it.
  const takesTime = selection.suite !== undefined && selection.suite !== 'full';
  if (takesTime && selection.storage === undefined && variant.storage !== STORAGES[0])
    return `in suite full, or with --storage ${variant.storage}`;
  return null;
}

function unsimulated({ data }: Scenario, variant: Variant, { machine }: Selection): string | null {
  if (machine !== 'sim') return null;
  if (data.machineOnly === true) return 'only a machine can tell it';
  if (data.disks === 'served') return 'a simulated host has no disk that could fail';
  if (!SIMULATED_LAYOUTS.includes(variant.layout))
    return `there is no simulated host of the layout ${variant.layout}`;
  if (variant.storage !== STORAGES[0]) return 'a simulated host has no disk layout';
  return null;
}

/** `hostproof run`: wires stories, hosts and reports, and runs them. */
import { rm } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { join, relative } from 'node:path';
import { systemClock } from '../adapters/clock.ts';
import { sha256 } from '../adapters/sha256.ts';
import { createRunDirectory } from '../adapters/run-directory.ts';
import { HostproofError, messageOf } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import { FIRMWARES, LAYOUTS } from '../domain/image.ts';
import { known, named, unknownName } from '../domain/nearest.ts';
import {
  hunts,
  plan,
  planted,
  SIMULATED_LAYOUTS,
  type Hunted,
  type Job,
  type NamedScenario,
} from '../domain/plan.ts';
import { MEMORY_MIB, SUITES } from '../domain/scenario.ts';
import { STORAGES, type Disks } from '../domain/variant.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Course } from '../run/checkpoints/forecast.ts';
import { rehearsals } from '../run/checkpoints/rehearsal.ts';
import { runJob } from '../run/job.ts';
import { run } from '../run/runner.ts';
import { keepHost } from './kept-hosts.ts';
import { loadInvariants, loadScenarios, ROOT } from './load.ts';
import { loadDefects } from './planted.ts';
import { RunMemory, type RunMemoryOptions } from './run-memory.ts';
import { say } from './output.ts';
import { startReporting } from './reporting.ts';
import type { HostFactory } from './hosts.ts';
import { withSources } from './identity.ts';

export interface RunSuiteOptions extends RunMemoryOptions {
  readonly filters: readonly string[];
  readonly suite?: string | undefined;
  readonly layout?: string | undefined;
  readonly firmware?: string | undefined;
  readonly storage?: string | undefined;
  /** Is planted in what every update carries. */
  readonly defect?: string | undefined;
  /** The stories are those that must find these: each is told without, and with each of them. */
  readonly hunted?: readonly Hunted[] | undefined;
  /** Those of these jobs need not be told. */
  readonly told?: ReadonlySet<string> | undefined;
  /** `image` if left out. */
  readonly disks?: Disks | undefined;
  /** Jobs at a time; chosen by cores and memory if left out. */
  readonly jobs?: number | undefined;
  readonly seed: number;
  /** Whose host is frozen for `hostproof shell` if they fail. */
  readonly keepsFailure: (job: Job) => boolean;
  readonly pauseOnFailure: boolean;
  /** Directory that gets the run directory. */
  readonly out: string;
  readonly reporters: readonly string[];
  readonly scenarios?: string | undefined;
  readonly version: string;
  readonly signal: AbortSignal;
  /** Told the run directory as soon as there is one. */
  readonly onDirectory?: (path: string) => void;
}

/** Memory a job needs beyond its guest's. */
const JOB_OVERHEAD_MIB = 300;

/** @throws HostproofError `usage/*` for what is not there to be run, `env/*` for what this machine lacks or cannot write */
export async function runSuite(options: RunSuiteOptions): Promise<Verdict> {
  const { jobs, courses } = await planned(options);
  const clock = systemClock;
  const [invariants, factory] = await Promise.all([loadInvariants(), hosts(options)]);
  await factory.prepare(jobs);
  const memory = await RunMemory.of(options, courses);
  using directory = createRunDirectory(options.out, clock.wallTime());
  options.onDirectory?.(directory.path);
  const shownDirectory = relative(process.cwd(), directory.path);
  const started = clock.nowMs();
  using reporting = await startReporting(options.reporters, {
    dir: shownDirectory,
    sinceMs: () => clock.nowMs() - started,
    signal: options.signal,
  });
  const verdict = await run({
    header: {
      id: directory.id,
      version: options.version,
      seed: options.seed,
      command: process.argv.slice(2),
      platform: factory.platform,
    },
    jobs: jobs.map((job) => memory.planned(job)),
    concurrency: options.jobs ?? concurrency(jobs),
    isShared: memory.isShared,
    clock,
    signal: reporting.signal,
    onEvent: (event) => {
      directory.append(event);
      reporting.onEvent(event);
    },
    runJob: async (job, emit, signal) => {
      const dir = directory.jobDirectory(job.id);
      const verdict = await runJob(job, {
        dir,
        host: (emitHost: (body: EventBody) => void) =>
          factory.host(job, join(directory.path, dir), emitHost),
        memory: memory.memoryFor(job, factory.identity(job)),
        clock,
        invariants,
        emit,
        speed: factory.speed,
        signal,
        sha256,
        versionOf: (image) => factory.images.find(({ name }) => name === image)?.version ?? image,
        imageNames: factory.images.map(({ name }) => name),
        reproduce: reproduce(job, options),
        onLength: (workMs) => {
          memory.see(job, workMs);
        },
        onFailure: async (host, error, step) => {
          if (options.pauseOnFailure) await factory.pause(host, error);
          const state = host.state();
          if (!options.keepsFailure(job) || (state !== 'running' && state !== 'hung'))
            return undefined;
          try {
            await keepHost(host, join(directory.path, dir), step);
          } catch (cause) {
            emit({ type: 'run.note', text: `the failed host is not kept: ${messageOf(cause)}` });
            return undefined;
          }
          const where = `${shownDirectory} --job ${job.id} --at ${step.toString()}`;
          return `npx hostproof shell ${where}${state === 'hung' ? ' --console' : ''}`;
        },
      });
      // with what is hunted it had to fail: of 50 such hosts nobody wants the disks
      const hadToFail = options.hunted !== undefined && job.defect !== undefined;
      if (verdict === 'passed' || verdict === 'interrupted' || hadToFail)
        await removeDisks(join(directory.path, dir));
      return verdict;
    },
  });
  await memory.close();
  reporting.finish();
  return verdict;
}

/** The jobs of this run, and what they and all other stories are going to do. */
async function planned(
  options: RunSuiteOptions,
): Promise<{ readonly jobs: readonly Job[]; readonly courses: ReadonlyMap<string, Course> }> {
  const scenarios = await loadScenarios(options.scenarios);
  const layout = knownOrAny('layout', options.layout, LAYOUTS);
  if (options.machine === 'sim' && layout !== undefined && !SIMULATED_LAYOUTS.includes(layout)) {
    throw new HostproofError(
      'usage/option',
      `there is no simulated host of the layout ${layout}, only of ${SIMULATED_LAYOUTS.join(', ')}`,
    );
  }
  const defect =
    options.defect === undefined ? undefined : named('defect', options.defect, await loadDefects());
  if (defect !== undefined && layout !== undefined && layout !== defect.layout) {
    throw new HostproofError(
      'usage/option',
      `the defect ${defect.name} is one of the layout ${defect.layout}, not of ${layout}`,
    );
  }
  const selection = {
    suite: knownOrAny('suite', options.suite, SUITES),
    layout: layout ?? defect?.layout,
    firmware: knownOrAny('firmware', options.firmware, FIRMWARES),
    storage: knownOrAny('storage', options.storage, STORAGES),
    machine: options.machine,
    disks: options.disks,
    seed: options.seed,
  };
  // of a variable that is not set: all stories would be told
  if (options.filters.includes(''))
    throw new HostproofError('usage/option', 'an empty name fits every story', {
      hint: 'leave it out to run them all',
    });
  // reports call a job by its defect, too
  const filters = options.filters.map((filter) =>
    defect !== undefined && filter.endsWith(`+${defect.name}`)
      ? filter.slice(0, -defect.name.length - 1)
      : filter,
  );
  const chosen = plan(scenarios, { ...selection, filters });
  const jobs =
    options.hunted !== undefined
      ? hunts(chosen, options.hunted).filter(({ id }) => options.told?.has(id) !== true)
      : defect === undefined
        ? chosen
        : chosen.map((job) => planted(job, defect.name));
  // whoever asks for several stories must not miss that one of them is not told
  const inVain = filters.find(
    (filter) => plan(scenarios, { ...selection, filters: [filter] }).length === 0,
  );
  if (jobs.length > 0 && inVain === undefined) {
    const onMachines = plan(scenarios, { ...selection, filters, machine: 'qemu' });
    const more = onMachines.length - chosen.length; // of those that are simulated
    if (more > 0)
      say(
        `${more.toString()} more jobs need a machine; hostproof list variants marks those that do not`,
      );
    const { machine, disks, seed } = options;
    const all = plan(scenarios, { filters: [], machine, disks, seed });
    const courses = await rehearsals([...jobs, ...all], systemClock, options.signal);
    return { jobs: await withSources(jobs, options.scenarios), courses };
  }
  throw new HostproofError('usage/unknown-name', untold(scenarios, inVain), {
    hint: 'npx hostproof list variants shows all of them, and why one is not told; a part of a name is enough',
  });
}

/** Why nothing is told of what a filter names; undefined: of all there is. */
function untold(scenarios: readonly NamedScenario[], filter: string | undefined): string {
  if (filter === undefined) return 'no story fits these options';
  const ids = scenarios.map(({ id }) => id);
  return plan(scenarios, { filters: [filter], machine: 'qemu', seed: 0 }).length === 0
    ? unknownName('story', filter, ids)
    : `no story that "${filter}" names fits these options`;
}

function knownOrAny<T extends string>(
  kind: string,
  name: string | undefined,
  names: readonly T[],
): T | undefined {
  return name === undefined ? undefined : known(kind, name, names);
}

/** The machine's hosts are loaded only when they are wanted: the simulator starts in no time. */
async function hosts(options: RunSuiteOptions): Promise<HostFactory> {
  if (options.machine === 'sim') {
    if (options.defect !== undefined)
      throw new HostproofError('usage/option', 'updates of simulated hosts carry no defects', {
        hint: 'leave out --defect, or --machine sim',
      });
    if (options.disks !== 'served') return (await import('./sim-hosts.ts')).simulatedHosts(sha256);
    throw new HostproofError('usage/option', 'simulated hosts have no disks that could be served', {
      hint: 'leave out --disks, or --machine sim',
    });
  }
  return (await import('./machine-hosts.ts')).machineHosts({
    seed: options.seed,
    sha256,
    signal: options.signal,
  });
}

function concurrency(jobs: readonly Job[]): number {
  if (jobs.every((job) => job.machine === 'sim')) return availableParallelism();
  const eachMiB =
    Math.max(...jobs.map((job) => job.run.data.memoryMiB ?? MEMORY_MIB)) + JOB_OVERHEAD_MIB;
  const byMemory = Math.floor(freemem() / 2 ** 20 / eachMiB);
  return Math.max(1, Math.min(availableParallelism(), byMemory));
}

function reproduce(job: Job, options: RunSuiteOptions): string {
  const parts = [
    'npx hostproof run',
    job.scenario,
    `--layout ${job.layout}`,
    `--firmware ${job.firmware}`,
    `--storage ${job.storage}`,
  ];
  if (options.machine === 'sim') parts.push('--machine sim');
  if (options.disks === 'served') parts.push('--disks served');
  if (job.defect !== undefined) parts.push(`--defect ${job.defect}`);
  if (options.seed !== 0) parts.push(`--seed ${options.seed.toString()}`);
  return parts.join(' ');
}

/** What a host works on: too large to be kept with the record. */
const WORKING_FILES = [
  ...['disk0.qcow2', 'disk1.qcow2', 'disk0.json', 'disk0.records', 'disk0.data'],
  ...['vars.fd', 'memory', 'oemdrv.img', 'repository'],
];

async function removeDisks(dir: string): Promise<void> {
  await Promise.all(
    WORKING_FILES.map((name) => rm(join(dir, name), { recursive: true, force: true })),
  );
}

/** Where runs are kept unless told otherwise. */
export const RUNS = join(ROOT, '.hostproof', 'runs');

/** Tells the stories that must find planted defects, and prints a table of what was found, when, and by what. */
import { relative } from 'node:path';
import { defects } from '../../images/catalogue.ts';
import type { Event } from '../domain/event.ts';
import type { Hunted } from '../domain/plan.ts';
import { named } from '../domain/nearest.ts';
import type { Verdict } from '../domain/verdict.ts';
import { STORAGES } from '../domain/variant.ts';
import { loadBugs } from './bugs.ts';
import { allInAll, caught, foundBefore, type Caught } from './caught.ts';
import { withSources } from './identity.ts';
import { say, table } from './output.ts';
import { recordOf } from './record.ts';
import { runSuite, type RunSuiteOptions } from './run-suite.ts';

export interface DefectsOptions extends Pick<
  RunSuiteOptions,
  'jobs' | 'out' | 'version' | 'signal'
> {
  /** All if there are none. */
  readonly names: readonly string[];
  /** Directories of runs by the same hostproof: what they have found is taken from their records. */
  readonly resume?: readonly string[] | undefined;
}

/**
 * One run: each story without a defect, and with each of its own.
 *
 * @returns `failed` when a defect was not found, or found by another name than its own, or when its story fails without it
 */
export async function testDefects({
  names,
  resume = [],
  ...options
}: DefectsOptions): Promise<Verdict> {
  const [all, bugs] = await Promise.all([defects(), loadBugs()]);
  const wanted = names.length === 0 ? all : names.map((name) => named('defect', name, all));
  const before = (await Promise.all(resume.map((run) => foundIn(run, wanted)))).flat();
  const hunted = wanted.filter(({ name }) => !before.some(({ defect }) => defect.name === name));
  const { run, events } = hunted.length === 0 ? NO_RUN : await told(hunted, options);
  const now = caught(events, hunted);
  const hunts = wanted.flatMap(
    ({ name }) => [...before, ...now].find(({ defect }) => defect.name === name) ?? [],
  );
  const rows = hunts.map(({ defect, found, at, sound, verdict }) => [
    defect.name,
    bugs.find(({ id }) => defect.bugs?.includes(id) === true)?.class ?? '',
    defect.layout,
    found.join(', ') || 'nothing',
    defect.invariant,
    at?.step.toString() ?? '',
    at?.seconds.toString() ?? '',
    defect.story,
    resultOf(at !== null, sound, verdict),
  ]);
  process.stdout.write(`\n${table([TITLES, ...rows])}\n`);
  const { text, verdict } = allInAll(hunts, options.signal.aborted);
  process.stdout.write(`${text}\n`);
  if (verdict === 'interrupted' && run !== null)
    process.stdout.write(
      `  npx hostproof defects ${[...names, '--resume', ...resume, run].join(' ')}   goes on\n`,
    );
  return verdict;
}

/** What a run has found, and need not be found again: what it found by other sources is looked for again, as what it did not find. */
async function foundIn<D extends Hunted & { readonly invariant: string }>(
  run: string,
  defects: readonly D[],
): Promise<Caught<D>[]> {
  const events = await recordOf(run);
  const now = await withSources(
    events
      .flatMap(({ body }) => (body.type === 'run.started' ? body.jobs : []))
      .filter(({ scenario, defect }) =>
        defects.some(
          ({ name, story }) => story === scenario && (defect === undefined || defect === name),
        ),
      ),
  );
  const found = foundBefore(events, defects, new Map(now.map(({ id, sources }) => [id, sources])));
  const all = caught(events, defects).filter(({ verdict }) => verdict === 'passed').length;
  const changed =
    all === found.length ? '' : `, ${(all - found.length).toString()} by other sources`;
  say(`${run}: ${found.length.toString()} found${changed}`);
  return found;
}

/** The record of a run in which these are looked for, and its directory. */
async function told(
  hunted: NonNullable<RunSuiteOptions['hunted']>,
  options: Pick<DefectsOptions, 'jobs' | 'out' | 'version' | 'signal'>,
): Promise<{ readonly run: string; readonly events: readonly Event[] }> {
  const directory = { path: '' };
  await runSuite({
    ...options,
    hunted,
    filters: [],
    machine: 'qemu',
    storage: STORAGES[0],
    seed: 0,
    ...{ cache: true, refresh: false },
    // with a defect each of them fails, as it must
    keepsFailure: (job) => job.defect === undefined,
    pauseOnFailure: false,
    reporters: ['terminal'],
    onDirectory: (path) => {
      directory.path = path;
    },
  });
  return { run: relative(process.cwd(), directory.path), events: await recordOf(directory.path) };
}

const NO_RUN = { run: null, events: [] };

/** Whether it was found in a story that passes without it. */
function resultOf(isFound: boolean, sound: Verdict | null, verdict: Verdict): string {
  if (!isFound) return verdict === 'interrupted' ? 'NOT TOLD TO THE END' : 'NOT FOUND';
  if (sound === 'passed') return 'found';
  return sound === null || sound === 'interrupted' ? 'SOUND ONE NOT TOLD' : 'SOUND ONE FAILS';
}

const TITLES = ['defect', 'class', 'layout', 'found by', 'must be', 'step', 's', 'story', ''];

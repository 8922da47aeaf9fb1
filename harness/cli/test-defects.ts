/** Tells the stories that must find planted defects, and prints a table of what was found, when, and by what. */
import { relative } from 'node:path';
import type { Defect } from '../../images/recipe.ts';
import type { Event } from '../domain/event.ts';
import { named } from '../domain/nearest.ts';
import type { Verdict } from '../domain/verdict.ts';
import { STORAGES } from '../domain/variant.ts';
import { loadBugs } from './bugs.ts';
import { allInAll, caught, stillTrue } from './caught.ts';
import { withSources } from './identity.ts';
import { say, table } from './output.ts';
import { loadDefects } from './planted.ts';
import { jobsIn, recordOf } from './record.ts';
import { runSuite, type RunSuiteOptions } from './run-suite.ts';

export interface DefectsOptions extends Pick<
  RunSuiteOptions,
  'jobs' | 'cacheSize' | 'out' | 'version' | 'signal'
> {
  /** All if there are none. */
  readonly names: readonly string[];
  /** Directories of earlier runs: what they came to, by the same sources, is taken from their records. */
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
  const [all, bugs] = await Promise.all([loadDefects(), loadBugs()]);
  const wanted = names.length === 0 ? all : names.map((name) => named('defect', name, all));
  const before = await Promise.all(resume.map((run) => stillTrueOf(run, wanted)));
  const known = before.flatMap(({ events }) => events);
  const isAll = caught(known, wanted).every(({ verdict }) => verdict === 'passed');
  const told = new Set(before.flatMap(({ jobs }) => [...jobs]));
  const { run, events } = isAll ? NO_RUN : await tell({ ...options, hunted: wanted, told });
  const hunts = caught([...known, ...events], wanted);
  const rows = hunts.map(({ defect, found, at, sound, verdict }) => [
    defect.name,
    bugs.find(({ id }) => defect.bugs?.includes(id) === true)?.class ?? 'none of the catalogue',
    defect.layout,
    found.join(', ') || 'nothing',
    defect.invariant,
    at === null ? '' : `${at.step.toString()} ${at.verb}`,
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

/** What need not be told again of an earlier run; what is of other sources is. */
async function stillTrueOf(
  run: string,
  wanted: readonly Defect[],
): Promise<ReturnType<typeof stillTrue>> {
  const events = await recordOf(run);
  const now = await withSources(
    jobsIn(events).filter(({ scenario, defect }) =>
      wanted.some(
        ({ name, story }) => story === scenario && (defect === undefined || defect === name),
      ),
    ),
  );
  const still = stillTrue(events, wanted, new Map(now.map(({ id, sources }) => [id, sources])));
  say(
    `${run}: ${still.jobs.size.toString()} of ${now.length.toString()} jobs need not be told again`,
  );
  return still;
}

/** The record of a run in which these are looked for, and its directory. */
async function tell(
  options: Omit<DefectsOptions, 'names' | 'resume'> & Pick<RunSuiteOptions, 'hunted' | 'told'>,
): Promise<{ readonly run: string; readonly events: readonly Event[] }> {
  const directory = { path: '' };
  await runSuite({
    ...options,
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

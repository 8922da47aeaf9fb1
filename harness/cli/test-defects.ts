/** Tells the stories that must find planted defects, and prints a table of what was found, when, and by what. */
import { defects } from '../../images/catalogue.ts';
import { named } from '../domain/nearest.ts';
import type { Verdict } from '../domain/verdict.ts';
import { STORAGES } from '../domain/variant.ts';
import { loadBugs } from './bugs.ts';
import { allInAll, caught } from './caught.ts';
import { table } from './output.ts';
import { recordOf } from './record.ts';
import { runSuite, type RunSuiteOptions } from './run-suite.ts';

export interface DefectsOptions extends Pick<
  RunSuiteOptions,
  'jobs' | 'out' | 'version' | 'signal'
> {
  /** All if there are none. */
  readonly names: readonly string[];
}

/**
 * One run: each story without a defect, and with each of its own.
 *
 * @returns `failed` when a defect was not found, or found by another name than its own, or when its story fails without it
 */
export async function testDefects({ names, ...options }: DefectsOptions): Promise<Verdict> {
  const [all, bugs] = await Promise.all([defects(), loadBugs()]);
  const hunted = names.length === 0 ? all : names.map((name) => named('defect', name, all));
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
  const events = await recordOf(directory.path);
  const hunts = caught(events, hunted);
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
  return verdict;
}

/** Whether it was found in a story that passes without it. */
function resultOf(isFound: boolean, sound: Verdict | null, verdict: Verdict): string {
  if (!isFound) return verdict === 'interrupted' ? 'NOT TOLD TO THE END' : 'NOT FOUND';
  if (sound === 'passed') return 'found';
  return sound === null || sound === 'interrupted' ? 'SOUND ONE NOT TOLD' : 'SOUND ONE FAILS';
}

const TITLES = ['defect', 'class', 'layout', 'found by', 'must be', 'step', 's', 'story', ''];

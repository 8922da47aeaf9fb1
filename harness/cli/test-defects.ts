/** Runs, for each planted defect, the story that must find it, and prints a table of what was found, when, and by what. */
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defects } from '../../images/catalogue.ts';
import type { Defect } from '../../images/recipe.ts';
import { eventSchema, type Event } from '../domain/event.ts';
import { named } from '../domain/nearest.ts';
import { gravest, type Verdict } from '../domain/verdict.ts';
import { STORAGES } from '../domain/variant.ts';
import { loadBugs } from './bugs.ts';
import { caughtIn } from './caught.ts';
import { say, table } from './output.ts';
import { runSuite, type RunSuiteOptions } from './run-suite.ts';

export interface DefectsOptions {
  readonly names: readonly string[];
  readonly out: string;
  readonly version: string;
  readonly signal: AbortSignal;
}

/**
 * Runs the stories without any defect, and then with each.
 *
 * @returns `failed` when a defect was not found, or found by another name than its own, or when its story fails without it
 */
export async function testDefects(options: DefectsOptions): Promise<Verdict> {
  const [all, bugs] = await Promise.all([defects(), loadBugs()]);
  const chosen =
    options.names.length === 0 ? all : options.names.map((name) => named('defect', name, all));
  await mkdir(options.out, { recursive: true });
  const base = await mkdtemp(join(options.out, 'defects-'));
  const rows: string[][] = [TITLES];
  const verdicts: Verdict[] = [];
  for (const [story, defects] of byStory(chosen)) {
    const [layout, filter] = story;
    say(`${filter} (${layout}), without a defect`);
    const sound = await run({ layout, filter }, join(base, 'sound'), options);
    verdicts.push(sound.verdict);
    for (const defect of defects) {
      if (verdicts.includes('interrupted')) break;
      say(`${defect.name}: ${defect.title}`);
      const planted = { layout, filter, defect: defect.name };
      const { events } = await run(planted, join(base, defect.name), options);
      const { found, at } = caughtIn(events, defect.invariant);
      verdicts.push(options.signal.aborted ? 'interrupted' : at === null ? 'failed' : 'passed');
      rows.push([
        defect.name,
        bugs.find(({ id }) => defect.bugs?.includes(id) === true)?.class ?? '',
        defect.layout,
        found.join(', ') || 'nothing',
        defect.invariant,
        at?.step.toString() ?? '',
        at?.seconds.toString() ?? '',
        defect.story,
        at === null ? 'NOT FOUND' : sound.verdict === 'passed' ? 'found' : 'SOUND ONE FAILS',
      ]);
    }
    if (verdicts.includes('interrupted')) break;
  }
  process.stdout.write(`\n${table(rows)}\n`);
  const passed = verdicts.filter((verdict) => verdict === 'passed').length;
  const failed = (verdicts.length - passed).toString();
  process.stdout.write(`${passed.toString()} passed, ${failed} failed\n`);
  return gravest(verdicts);
}

const TITLES = ['defect', 'class', 'layout', 'found by', 'must be', 'step', 's', 'story', ''];

/** Those of one story after each other: what they begin alike is done once. */
function byStory(
  defects: readonly Defect[],
): [readonly [layout: Defect['layout'], story: string], Defect[]][] {
  const stories = new Map<string, Defect[]>();
  for (const defect of defects) {
    const key = `${defect.layout} ${defect.story}`;
    stories.set(key, [...(stories.get(key) ?? []), defect]);
  }
  return [...stories.values()].flatMap((some) =>
    some[0] === undefined ? [] : [[[some[0].layout, some[0].story] as const, some]],
  );
}

async function run(
  { filter, ...which }: { readonly filter: string } & Pick<RunSuiteOptions, 'layout' | 'defect'>,
  out: string,
  options: DefectsOptions,
): Promise<{ readonly verdict: Verdict; readonly events: readonly Event[] }> {
  const directory = { path: '' };
  const verdict = await runSuite({
    ...which,
    filters: [filter],
    machine: 'qemu',
    storage: STORAGES[0],
    seed: 0,
    // with a defect each of them fails, as it must
    ...{ cache: true, refresh: false, keepsFailures: which.defect === undefined },
    pauseOnFailure: false,
    out,
    reporters: ['terminal'],
    version: options.version,
    signal: options.signal,
    onDirectory: (path) => {
      directory.path = path;
    },
  });
  const lines = (await readFile(join(directory.path, 'events.jsonl'), 'utf8')).trim().split('\n');
  return { verdict, events: lines.map((line) => eventSchema.parse(JSON.parse(line))) };
}

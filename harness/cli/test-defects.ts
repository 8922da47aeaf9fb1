/** Runs, for each planted defect, the story that must find it, and prints a table of what was found. */
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defects } from '../../images/catalogue.ts';
import type { Defect } from '../../images/recipe.ts';
import { eventSchema, type EventBody } from '../domain/event.ts';
import { named } from '../domain/nearest.ts';
import { gravest, type Verdict } from '../domain/verdict.ts';
import { STORAGES } from '../domain/variant.ts';
import { say, table } from './output.ts';
import { runSuite } from './run-suite.ts';

export interface DefectsOptions {
  readonly names: readonly string[];
  readonly out: string;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** @returns `failed` when a defect was not found, or found by another name than its own */
export async function testDefects(options: DefectsOptions): Promise<Verdict> {
  const all = await defects();
  const chosen =
    options.names.length === 0 ? all : options.names.map((name) => named('defect', name, all));
  await mkdir(options.out, { recursive: true });
  const base = await mkdtemp(join(options.out, 'defects-'));
  const rows: string[][] = [['defect', 'layout', 'found by', 'must be', 'story', '']];
  const verdicts: Verdict[] = [];
  for (const defect of chosen) {
    const found = await findings(defect, join(base, defect.name), options);
    const caught = found.includes(defect.invariant);
    verdicts.push(options.signal.aborted ? 'interrupted' : caught ? 'passed' : 'failed');
    rows.push([
      defect.name,
      defect.layout,
      found.join(', ') || 'nothing',
      defect.invariant,
      defect.story,
      caught ? 'found' : 'NOT FOUND',
    ]);
    if (options.signal.aborted) break;
  }
  process.stdout.write(`\n${table(rows)}\n`);
  const passed = verdicts.filter((verdict) => verdict === 'passed').length;
  process.stdout.write(
    `${passed.toString()} passed, ${(verdicts.length - passed).toString()} failed\n`,
  );
  return gravest(verdicts);
}

/** Names of the invariants that were found broken, in the order in which they were. */
async function findings(defect: Defect, out: string, options: DefectsOptions): Promise<string[]> {
  say(`${defect.name}: ${defect.title}`);
  const directory = { path: '' };
  await runSuite({
    filters: [defect.story],
    machine: 'qemu',
    defect: defect.name,
    storage: STORAGES[0],
    seed: 0,
    // each of them fails, as it must
    ...{ cache: true, refresh: false, keepsFailures: false },
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
  const bodies: EventBody[] = lines.map((line) => eventSchema.parse(JSON.parse(line)).body);
  const broken = bodies.flatMap((body) => (body.type === 'finding' ? [body.invariant] : []));
  return [...new Set(broken)];
}

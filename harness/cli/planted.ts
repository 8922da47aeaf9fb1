/** Reads the planted defects, and holds each against what must find it. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defects } from '../../images/catalogue.ts';
import type { Defect } from '../../images/recipe.ts';
import { SYMPTOMS } from '../checks/symptoms.ts';
import { HostproofError } from '../domain/errors.ts';
import { unknownName } from '../domain/nearest.ts';
import type { NamedScenario } from '../domain/plan.ts';
import { defaultExports, loadScenarios, ROOT } from './load.ts';

/** @throws HostproofError `usage/catalogue` with the file of one that could never be found, or of a patch that is nobody's */
export async function loadDefects(): Promise<Defect[]> {
  const [all, scenarios, invariants, files] = await Promise.all([
    defects(),
    loadScenarios(),
    defaultExports(join(ROOT, 'harness/checks/invariants')),
    readdir(join(ROOT, 'images/defects')),
  ]);
  const patches = files.filter((file) => file.endsWith('.patch'));
  const known = { scenarios, invariants: [...invariants.keys()], patches };
  await Promise.all(all.map((defect) => checkDefect(defect, known)));
  const stray = patches.find((file) => all.every(({ patch }) => patch !== file));
  if (stray !== undefined) throw wrong(stray, 'no defect names this patch');
  return all;
}

/** Symptoms that end what is waited for. */
const HOPELESS = SYMPTOMS.filter(({ kind }) => kind === 'never').map(({ id }) => id);

interface Known {
  readonly scenarios: readonly NamedScenario[];
  readonly invariants: readonly string[];
  readonly patches: readonly string[];
}

/** @throws HostproofError `usage/catalogue` with what it names that is not there */
export async function checkDefect(defect: Defect, known: Known): Promise<void> {
  const { name, layout, story, invariant, patch } = defect;
  const bad = (why: string): HostproofError => wrong(`${name}.ts`, why);
  const told = known.scenarios.find(({ id }) => id === story);
  const ids = known.scenarios.map(({ id }) => id);
  if (told === undefined) throw bad(unknownName('story', story, ids));
  if (!told.scenario.data.layouts.includes(layout))
    throw bad(`its story ${story} is not told on ${layout}`);
  if (!known.patches.includes(patch)) throw bad(unknownName('patch', patch, known.patches));
  const [, by, what = ''] = /^(expect|console)[.](.*)$/.exec(invariant) ?? [];
  if (by === undefined) {
    if (known.invariants.includes(invariant)) return;
    throw bad(unknownName('invariant', invariant, known.invariants));
  }
  if (by === 'console') {
    if (HOPELESS.includes(what)) return;
    throw bad(unknownName('symptom', what, HOPELESS));
  }
  // what the story says of the host, or how an act of it must end
  const text = await readFile(join(ROOT, 'scenarios', `${story}.ts`), 'utf8');
  const asks = [`expect.${what}(`, `host.${what}(`];
  if (!asks.some((ask) => text.includes(ask)))
    throw bad(`its story ${story} asks for no ${invariant}`);
}

function wrong(file: string, why: string): HostproofError {
  return new HostproofError('usage/catalogue', `images/defects/${file}: ${why}`);
}

/** What a host is made from and by: all that can change what its steps come to, beside the steps and what they bring in. */
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, parse } from 'node:path';
import { keyOf, sourceDigest } from '../../images/digest.ts';
import { sha256File } from '../adapters/sha256.ts';
import type { Platform } from '../../qemu/hypervisor.ts';
import type { JobInfo } from '../domain/event.ts';
import type { Json } from '../domain/json.ts';
import { ROOT } from './load.ts';

/** Everything of hostproof's own that can change what a step comes to; what only judges it is not among them. */
export const SOURCES = [
  ...['harness/run', 'harness/layouts', 'harness/ports', 'harness/adapters', 'harness/faults'],
  ...[
    'verb',
    'view',
    'fault',
    'fillable',
    'moment',
    'disk-rule',
    'image',
    'checkpoint',
    'json',
    'issues',
    'errors',
    'prng',
  ].map((name) => `harness/domain/${name}.ts`),
  ...[
    'harness/checks/symptoms.ts',
    'harness/checks/boot-phases.ts',
    'harness/cli/machine-hosts.ts',
    'qemu',
    'package-lock.json',
  ],
  ...['images/kickstart.ts', 'images/ignition.ts'],
];
/** What judges what a step came to. */
const JUDGES = ['harness/checks', 'harness/domain', 'harness/scenario.ts'];
/** What is sent to guests, below `images/guest/`. */
const SCRIPTS = ['probe', 'administrator'];

/** Scripts for guests by path, in the order of their names: read once, so that a key names what is really sent. */
export function guestScripts(): ReadonlyMap<string, string> {
  const names = SCRIPTS.flatMap((directory) =>
    readdirSync(join(ROOT, 'images/guest', directory)).map((name) => `${directory}/${name}`),
  );
  return new Map(
    names.sort().map((name) => [name, readFileSync(join(ROOT, 'images/guest', name), 'utf8')]),
  );
}

/** Of the machine below and of hostproof. */
export async function platformIdentity(
  platform: Platform,
  scripts: ReadonlyMap<string, string>,
  sha256: (text: string) => string,
): Promise<Readonly<Record<string, Json>>> {
  return {
    ...{ qemu: platform.build, accelerator: platform.accelerator, cpu: platform.cpu },
    // a guest under KVM has the processor of the machine below
    processor: platform.accelerator === 'kvm' ? sha256(processor()) : null,
    firmware: await sha256File(platform.firmware),
    variables: await sha256File(platform.variables),
    node: process.version,
    sources: await sourceDigest(SOURCES.map((path) => join(ROOT, path))),
    scripts: sha256(JSON.stringify([...scripts])),
  };
}

/**
 * Says of each job what of hostproof's own can change how it ends: besides what all have in common, its story and the defect that is
 * planted in it.
 *
 * @param scenarios directory of the stories
 */
export async function withSources<J extends JobInfo>(
  jobs: readonly J[],
  scenarios = join(ROOT, 'scenarios'),
): Promise<J[]> {
  const told = await readdir(scenarios, { recursive: true });
  const shared = told.filter((path) => basename(path).startsWith('_')).sort();
  const images = (await below('images')).filter((path) => basename(path) !== 'defects');
  const defects = await below('images/defects');
  const common = await sourceDigest([
    ...[...SOURCES, ...JUDGES].map((path) => join(ROOT, path)),
    ...shared.map((path) => join(scenarios, path)),
    ...images,
  ]);
  return Promise.all(
    jobs.map(async (job) => {
      const planted = defects.filter((path) => parse(path).name === job.defect);
      const own = await sourceDigest([join(scenarios, `${job.scenario}.ts`), ...planted]);
      return { ...job, sources: keyOf({ common, own }) };
    }),
  );
}

async function below(directory: string): Promise<string[]> {
  const names = await readdir(join(ROOT, directory));
  return names.sort().map((name) => join(ROOT, directory, name));
}

/** Model, features and microcode of the first processor; without what changes by itself. */
function processor(): string {
  const [first = ''] = readFileSync('/proc/cpuinfo', 'utf8').split('\n\n');
  return first
    .split('\n')
    .filter((line) => !/^(cpu MHz|bogomips)/.test(line))
    .join('\n');
}

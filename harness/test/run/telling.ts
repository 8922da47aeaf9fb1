/** Tells stories to simulated hosts that remember, with a real store. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CheckpointStore, type StoreOptions } from '../../adapters/checkpoints/store.ts';
import { files } from '../../adapters/files.ts';
import type { Invariant } from '../../checks/invariant.ts';
import { CHECKPOINT_FORMAT } from '../../domain/checkpoint.ts';
import type { EventBody, EventOf } from '../../domain/event.ts';
import type { Json } from '../../domain/json.ts';
import type { Job } from '../../domain/plan.ts';
import type { StoryContext } from '../../domain/scenario.ts';
import type { Host } from '../../ports/host.ts';
import { continuations } from '../../run/checkpoints/forecast.ts';
import { rehearse } from '../../run/checkpoints/rehearsal.ts';
import { runJob } from '../../run/job.ts';
import { scenario } from '../../scenario.ts';
import { SimulatedHost } from '../../sim/host.ts';
import { fakeClock } from '../fake-clock.ts';
import { sha256 } from '../../adapters/sha256.ts';
import { images, invariants } from '../steps.ts';

export type Story = (context: StoryContext) => Promise<void>;

const jobOf = (story: Story, seed = 0): Job => ({
  ...{ id: 'story@thin-uefi', scenario: 'story', title: 'A story for a test', machine: 'sim' },
  ...{ layout: 'thin', firmware: 'uefi', storage: 'ext4-boot', seed, memoryMiB: 1024 },
  run: scenario(
    {
      title: 'A story for a test',
      ...{ layouts: ['thin', 'ostree'], firmware: ['uefi'], suite: 'full' },
    },
    story,
  ),
});

export function newCache(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hostproof-checkpoints-'));
  t.teardown(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

export const storeIn = (cache: string, notes: string[] = []): CheckpointStore =>
  new CheckpointStore(cache, { budgetBytes: null, onNote: (text) => notes.push(text) });

/** The directory of the states that such a store keeps. */
export const statesIn = (cache: string): string =>
  join(cache, 'checkpoints', CHECKPOINT_FORMAT.toString(), 'states');

export interface Telling {
  readonly cache: string;
  /** Stories that are known to go on from where this one does. */
  readonly others?: readonly Story[];
  readonly identity?: Json;
  readonly store?: Partial<StoreOptions>;
  readonly spoil?: (host: Host) => Partial<Host>;
  readonly invariants?: readonly Invariant[];
  readonly seed?: number;
  /** Ends the run. */
  readonly signal?: AbortSignal;
  /** Nothing is remembered. */
  readonly forgetful?: boolean;
}

/** Tells a story on a simulated host; what was done on it, and what was told. */
export async function told(story: Story, telling: Telling) {
  const { cache, others = [], identity = 'a machine', spoil } = telling;
  const notes: string[] = [];
  const events: EventBody[] = [];
  const done: string[] = [];
  const job = jobOf(story, telling.seed);
  const course = await rehearse(job);
  const courses = await Promise.all(others.map((other) => rehearse(jobOf(other))));
  const sim = new SimulatedHost({ images, sha256, files });
  const spoiled = spoil?.(sim) ?? {};
  const host = new Proxy<Host>(sim, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in spoiled ? spoiled : target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (typeof name === 'string' && !QUIET.includes(name)) done.push(name);
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
  const checkpoints = new CheckpointStore(cache, {
    ...{
      budgetBytes: null,
      reserveBytes: 0,
      onNote: (text: string) => notes.push(text),
      ...telling.store,
    },
  });
  const memory = {
    ...{ checkpoints, sha256, clock: fakeClock(), madeFor: job.id, identity },
    newId: randomUUID,
    verbs: course.acts.map(({ verb }) => verb),
    continuations: continuations(course, [course, ...courses]),
  };
  const verdict = await runJob(job, {
    ...{ dir: 'job', clock: fakeClock(), speed: 1, sha256 },
    signal: telling.signal ?? new AbortController().signal,
    host: () => Promise.resolve(host),
    memory: telling.forgetful === true ? null : memory,
    invariants: telling.invariants ?? invariants,
    emit: (body) => events.push(body),
    imageNames: images.map(({ name }) => name),
    versionOf: (name) => images.find((image) => image.name === name)?.version ?? name,
    reproduce: '',
    onLength: () => undefined,
    onFailure: () => Promise.resolve(undefined),
  });
  const steps = events.filter((event) => event.type === 'step.ended');
  return { verdict, notes, done, events, steps, cached: steps.map(({ cached }) => cached) };
}

/** What does nothing to a host. */
const QUIET = ['state', 'inputs', 'evidence', 'recordFailure'];

export const errorOf = (events: readonly EventBody[]) =>
  events.find((event): event is EventOf<'job.ended'> => event.type === 'job.ended')?.error;

export const upgraded: Story = async ({ host, image, expect }) => {
  await host.install(image('1.0'));
  await host.boot();
  await host.upgrade(image('1.1'));
  await host.reboot();
  expect.layer('1.1');
};
export const rolledBack: Story = async ({ host, image, expect }) => {
  await host.install(image('1.0'));
  await host.boot();
  await host.upgrade(image('1.1'));
  await host.rollback({ to: '1.0' });
  await host.reboot();
  expect.layer('1.0');
};

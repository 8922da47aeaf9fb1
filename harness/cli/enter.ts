/** `hostproof shell`: makes the machine of a finished run again, as it was after one of its steps. */
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheDir } from '../adapters/cache-dir.ts';
import { CheckpointStore } from '../adapters/checkpoints/store.ts';
import { systemClock } from '../adapters/clock.ts';
import { HostproofError } from '../domain/errors.ts';
import { eventSchema, type Event, type EventOf, type JobInfo } from '../domain/event.ts';
import { FIRMWARES, LAYOUTS } from '../domain/image.ts';
import { known } from '../domain/nearest.ts';
import { STORAGES } from '../domain/variant.ts';
import { VERBS, type Args, type Verb } from '../domain/verb.ts';
import type { Host, StepContext, StepHost } from '../ports/host.ts';
import { remembering, type Remembering } from '../run/checkpoints/remembering.ts';
import { Steps } from '../run/steps.ts';
import type { HostFactory } from './hosts.ts';
import { keepHost, keptHost } from './kept-hosts.ts';
import { say } from './output.ts';

/** A job of a finished run, and what it did. */
export interface FinishedJob {
  readonly info: JobInfo;
  readonly directory: string;
  readonly defect: string | undefined;
  readonly steps: readonly FinishedStep[];
}

interface FinishedStep {
  readonly number: number;
  readonly verb: Verb;
  readonly args: unknown;
}

/** @throws HostproofError `usage/*` for what is no run, and for a job that is not one of it */
export async function finishedJob(given: string, name: string | undefined): Promise<FinishedJob> {
  const run = resolve(given);
  const events = await eventsOf(run);
  const begun = events.find((event) => event.type === 'run.started');
  if (begun === undefined) throw new HostproofError('usage/option', `${run} has no beginning`);
  if (begun.jobs.every(({ machine }) => machine === 'sim'))
    throw new HostproofError('usage/option', `${run} ran on simulated hosts, which have no shell`);
  const info = begun.jobs.find(({ id }) => id === chosen(events, begun, name));
  const directory = events.find((event) => event.type === 'job.started' && event.job === info?.id);
  if (info === undefined || directory?.type !== 'job.started')
    throw new HostproofError('usage/option', `${run}: the job ${name ?? ''} was not begun`);
  return {
    info,
    directory: join(run, directory.dir),
    defect: begun.defect ?? undefined,
    steps: events.flatMap((event) =>
      event.type === 'step.started' && event.job === info.id
        ? [{ number: event.step, verb: event.verb as Verb, args: event.args }]
        : [],
    ),
  };
}

/** The job that is named, or the only one that failed, or the only one. */
function chosen(
  events: readonly Event['body'][],
  { jobs }: EventOf<'run.started'>,
  name: string | undefined,
): string {
  const ids = jobs.map(({ id }) => id);
  if (name !== undefined) return known('job', name, ids);
  const failed = events.flatMap((event) =>
    event.type === 'job.ended' && event.verdict !== 'passed' ? [event.job] : [],
  );
  for (const [only, ...others] of [failed, ids])
    if (only !== undefined && others.length === 0) return only;
  throw new HostproofError('usage/option', `--job is wanted: one of ${ids.join(', ')}`);
}

async function eventsOf(run: string): Promise<Event['body'][]> {
  const file = join(run, 'events.jsonl');
  if (!existsSync(file)) {
    throw new HostproofError('usage/option', `${run} is no directory of a run`, {
      hint: 'runs are in .hostproof/runs, a directory each',
    });
  }
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.flatMap((line) => {
    try {
      return [eventSchema.parse(JSON.parse(line)).body];
    } catch {
      return []; // the last line of a run that was killed
    }
  });
}

export interface Entered {
  readonly step: FinishedStep;
  readonly host: Host;
}

/**
 * The machine after step `at`: from what the failed job left, or made again from the checkpoints.
 *
 * @throws HostproofError `usage/option` for a step that was not taken, or after which the host was off
 */
export async function enter(
  job: FinishedJob,
  at: number | undefined,
  factory: HostFactory,
  directory: string,
  signal: AbortSignal,
): Promise<Entered> {
  const last = job.steps.at(-1)?.number ?? 0;
  const step = job.steps.find(({ number }) => number === (at ?? last));
  if (step === undefined)
    throw new HostproofError(
      'usage/option',
      `--at: the job has taken the steps 1 to ${last.toString()}`,
    );
  const { info } = job;
  const spec = {
    ...info,
    layout: known('layout', info.layout, LAYOUTS),
    firmware: known('firmware', info.firmware, FIRMWARES),
    storage: known('storage', info.storage, STORAGES),
  };
  const host = await factory.host(spec, directory, () => undefined);
  try {
    let kept = await keptHost(job.directory, step.number);
    if (kept === null) {
      const steps = job.steps.slice(0, job.steps.indexOf(step) + 1);
      await again(host, { ...job, steps }, factory, factory.identity(spec), signal);
      if (host.access() === null) throw wasOff(step.number);
      kept = await keepHost(host, job.directory, step.number);
    }
    if (kept.state === 'off') throw wasOff(step.number);
    await host.thaw(kept.directory, kept.state, contextFor(signal));
    return { step, host };
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
}

function wasOff(step: number): HostproofError {
  return new HostproofError('usage/option', `after step ${step.toString()} the host was off`, {
    hint: 'enter it after another step',
  });
}

/** Takes the steps of the job once more: what is known is recalled, what is not kept is done again, and none of it is kept. */
async function again(
  host: Host,
  job: FinishedJob,
  factory: HostFactory,
  identity: Remembering['identity'],
  signal: AbortSignal,
): Promise<void> {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const clock = systemClock;
  const acts = job.steps.filter(({ verb }) => VERBS[verb].kind === 'act');
  const take = async (remembered: StepHost): Promise<void> => {
    const steps = new Steps({
      ...{ job: job.info.id, host: remembered, clock, invariants: [], speed: factory.speed },
      ...{ signal, sha256, emit: () => undefined },
      versionOf: (image) => factory.images.find(({ name }) => name === image)?.version ?? image,
    });
    for (const act of acts) {
      await steps.perform(act.verb, act.args as Args<Verb>).catch((error: unknown) => {
        // the one that is to be entered may have failed, as it did then
        const isLast = act === acts.at(-1);
        if (!(isLast && error instanceof HostproofError && error.blame === 'host')) throw error;
      });
    }
  };
  const memory: Remembering = {
    ...{ sha256, clock, newId: randomUUID, madeFor: job.info.id, identity },
    checkpoints: new CheckpointStore(await cacheDir(), {
      ...{ budgetBytes: null, isReadOnly: true, onNote: say },
    }),
    verbs: acts.map(({ verb }) => verb),
    continuations: acts.map(() => 0),
  };
  const silent = { take: () => [], tell: () => undefined };
  const remembered = await remembering(host, memory, silent, {
    tell: (known) =>
      take(known).then(
        () => true,
        () => false,
      ),
    isEntered: true,
  });
  await take(remembered.host);
  await remembered.wake(contextFor(signal));
}

const LIMIT_MS = 600_000;

function contextFor(signal: AbortSignal): StepContext {
  const context: StepContext = {
    ...{ limitMs: LIMIT_MS, signal, progress: say },
    ...{ lastView: null, willFreeze: false, recalled: () => undefined },
    aside: (body) => body(context),
  };
  return context;
}

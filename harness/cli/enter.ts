/** `hostproof shell`: makes the machine of a finished run again, as it was after one of its steps. */
import { randomUUID } from 'node:crypto';
import { cacheDir } from '../adapters/cache-dir.ts';
import { CheckpointStore } from '../adapters/checkpoints/store.ts';
import { systemClock as clock } from '../adapters/clock.ts';
import { sha256 } from '../adapters/sha256.ts';
import { HostproofError } from '../domain/errors.ts';
import { FIRMWARES, LAYOUTS } from '../domain/image.ts';
import { known } from '../domain/nearest.ts';
import { STORAGES } from '../domain/variant.ts';
import { VERBS, type Args, type Verb } from '../domain/verb.ts';
import type { Host, StepContext, StepHost } from '../ports/host.ts';
import { remembering, type Remembering } from '../run/checkpoints/remembering.ts';
import { Steps } from '../run/steps.ts';
import type { FinishedJob, FinishedStep } from './finished-job.ts';
import type { HostFactory, HostSpec } from './hosts.ts';
import { keepHost, keptHost, type KeptHost } from './kept-hosts.ts';
import { say } from './output.ts';

export interface EnterOptions {
  readonly job: FinishedJob;
  /** Number of the step; the last one if left out. */
  readonly at: number | undefined;
  readonly factory: HostFactory;
  /** For the machine, while it lives. */
  readonly directory: string;
  /** Whether it must answer to ssh: one that has hung is seen on its console only. */
  readonly needsShell: boolean;
  readonly signal: AbortSignal;
}

export interface Entered {
  readonly step: FinishedStep;
  readonly host: Host;
}

/** For a host to answer, which is up already. */
const ANSWER_S = 120;

/**
 * The machine after a step: from what is kept with the job, or else made again from the checkpoints and kept there.
 *
 * @throws HostproofError `usage/option` for a step that was not taken, or after which there was no such host
 */
export async function enter(options: EnterOptions): Promise<Entered> {
  const { directory, factory, job, needsShell } = options;
  const step = stepOf(options);
  const host = await factory.host(specOf(job), directory, () => undefined);
  try {
    const kept = (await keptHost(job.directory, step.number)) ?? (await made(host, step, options));
    if (kept.state === 'hung' && needsShell) {
      throw new HostproofError('usage/option', 'the host did not answer then', {
        hint: '--console leads to its serial console, --screenshot FILE shows its screen',
      });
    }
    const { answers } = await host.thaw(kept.directory, kept.state, contextOf(options));
    // whoever wants no shell need not wait for one: the host may have died with its connection up
    if (needsShell) await answers;
    return { step, host };
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
}

function stepOf({ at, job }: EnterOptions): FinishedStep {
  const last = job.steps.at(-1)?.number ?? 0;
  const step = job.steps.find(({ number }) => number === (at ?? last));
  if (step !== undefined) return step;
  const message = `--at: the job has taken the steps 1 to ${last.toString()}`;
  throw new HostproofError('usage/option', message);
}

function specOf({ info }: FinishedJob): HostSpec {
  return {
    ...info,
    layout: known('layout', info.layout, LAYOUTS),
    firmware: known('firmware', info.firmware, FIRMWARES),
    storage: known('storage', info.storage, STORAGES),
  };
}

/** Takes the steps once more and keeps what comes of them with the job. */
async function made(host: Host, step: FinishedStep, options: EnterOptions): Promise<KeptHost> {
  const { job } = options;
  await again(host, job.steps.slice(0, job.steps.indexOf(step) + 1), options);
  if (host.access() !== null) return keepHost(host, job.directory, step.number);
  const message = `after step ${step.number.toString()} the host was off`;
  throw new HostproofError('usage/option', message, { hint: 'enter it after another step' });
}

/** What is known is recalled, what is not kept is done again, and none of it is kept for others. */
async function again(
  host: Host,
  steps: readonly FinishedStep[],
  options: EnterOptions,
): Promise<void> {
  const { factory, job } = options;
  const acts = steps.filter(({ verb }) => VERBS[verb].kind === 'act');
  const memory: Remembering = {
    ...{ sha256, clock, newId: randomUUID, madeFor: job.info.id },
    identity: factory.identity(specOf(job)),
    checkpoints: new CheckpointStore(await cacheDir(), {
      ...{ budgetBytes: null, isReadOnly: true, onNote: say },
    }),
    verbs: acts.map(({ verb }) => verb),
    continuations: acts.map(() => 0),
  };
  const silent = { take: () => [], tell: () => undefined };
  const remembered = await remembering(host, memory, silent, {
    tell: (recalling) =>
      take(acts, recalling, options, () => undefined).then(
        () => true,
        () => false,
      ),
    isEntered: true,
  });
  await take(acts, remembered.host, options, say);
  await remembered.wake(contextOf(options));
}

async function take(
  acts: readonly FinishedStep[],
  host: StepHost,
  { factory, job, signal }: EnterOptions,
  tell: (text: string) => void,
): Promise<void> {
  const steps = new Steps({
    ...{ job: job.info.id, host, clock, invariants: [], speed: factory.speed, signal, sha256 },
    emit: (event) => {
      if (event.type === 'step.started') tell(`${event.step.toString()}. ${event.verb}`);
      if (event.type === 'step.progress') tell(`  ${event.text}`);
    },
    versionOf: (image) => factory.images.find(({ name }) => name === image)?.version ?? image,
  });
  for (const act of acts) {
    await steps.perform(act.verb, act.args as Args<Verb>).catch((error: unknown) => {
      // the one that is to be entered may have failed, as it did then
      const isLast = act === acts.at(-1);
      if (!(isLast && error instanceof HostproofError && error.blame === 'host')) throw error;
    });
  }
}

function contextOf({ factory, signal }: EnterOptions): StepContext {
  const context: StepContext = {
    ...{ limitMs: ANSWER_S * 1000 * factory.speed, signal, progress: say },
    ...{ lastView: null, willFreeze: false, recalled: () => undefined },
    aside: (body) => body(context),
  };
  return context;
}

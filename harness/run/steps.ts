/** Turns verbs into steps: checked before, limited while, recorded and judged after. */
import type { Invariant } from '../checks/invariant.ts';
import { asHostproofError, HostproofError } from '../domain/errors.ts';
import { unexpectedEnd } from '../domain/ends.ts';
import type { EventBody } from '../domain/event.ts';
import { issuesOf } from '../domain/issues.ts';
import { asJson } from '../domain/json.ts';
import { deedOf, isInDoubt, type Deed } from '../domain/deed.ts';
import { EMPTY_LEDGER, promise, settle, watched, type Ledger } from '../domain/promise.ts';
import { limitOf, VERBS, type Args, type Result, type Verb } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostState } from '../domain/checkpoint.ts';
import type { StepContext, StepHost } from '../ports/host.ts';
import { StepLimit } from './step-limit.ts';

export interface StepsOptions {
  readonly job: string;
  readonly host: StepHost;
  readonly clock: Clock;
  readonly invariants: readonly Invariant[];
  readonly emit: (body: EventBody) => void;
  /** Limits are multiplied by this: 1 on the slowest machine they were made for. */
  readonly speed: number;
  readonly signal: AbortSignal;
  readonly sha256: (text: string) => string;
  readonly versionOf: (image: string) => string;
}

/** Which host states satisfy what a verb needs. */
const FITS: Record<(typeof VERBS)[Verb]['needs'], readonly HostState[]> = {
  none: ['none', 'off'],
  off: ['off'],
  running: ['running'],
  installed: ['off', 'running', 'hung'],
};

/** After these a host is off, or has started again. */
const ENDS_DOUBT: readonly Verb[] = ['reboot', 'select', 'powerOff', 'powerCut'];

function inDoubt(what: string): HostproofError {
  const message = `the host's disk was gone in its upgrade: it must start again before ${what}`;
  return new HostproofError('story/misuse', message);
}

/** For work that is not a step's own: seconds on a slow machine. */
const ASIDE_S = 180;
/** Progress that a step can tell. */
const PROGRESS_MAX = 2000;

export class Steps {
  readonly #options: StepsOptions;
  #ledger: Ledger = EMPTY_LEDGER;
  #count = 0;
  #busy: Verb | null = null;
  /** Its disk was gone in the last step. */
  #isInDoubt = false;
  /** Ends with the last step that was begun. */
  #pending: Promise<unknown> = Promise.resolve();
  #workMs = 0;
  /** How often the host was asked in this step, and how often it knew the answer from earlier. */
  #asked = { times: 0, recalled: 0, recalledMs: 0 };

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /** Number of the last step. */
  get count(): number {
    return this.#count;
  }

  /** What the steps so far have taken when they were done, now or earlier. */
  get workMs(): number {
    return this.#workMs;
  }

  /** @throws HostproofError `story/misuse` while nobody knows what has become of the host */
  get lastView(): HostView | null {
    if (this.#isInDoubt) throw inDoubt('something is expected of it');
    return this.#ledger.last;
  }

  /** @throws HostproofError of the blame that fits; findings are emitted before */
  perform<V extends Verb>(verb: V, given: Args<V>): Promise<Result<V>> {
    const performed = this.#perform(verb, given);
    // a story may forget to wait for it: that is told when it ends, and must not end everything here
    performed.catch(() => undefined);
    this.#pending = Promise.allSettled([this.#pending, performed]).then(() => undefined);
    return performed;
  }

  /** Resolves when no step is under way: after a story that forgot to wait for one. */
  async idle(): Promise<void> {
    await this.#pending;
  }

  async #perform<V extends Verb>(verb: V, given: Args<V>): Promise<Result<V>> {
    const { host, signal } = this.#options;
    signal.throwIfAborted(); // a story may go on by itself after all has ended
    const args = this.#admit(verb, given);
    const step = ++this.#count;
    const limitMs = limitOf(verb, args) * 1000 * this.#options.speed;
    const started = this.#options.clock.nowMs();
    this.#busy = verb;
    this.#asked = { times: 0, recalled: 0, recalledMs: 0 };
    this.#options.emit({
      type: 'step.started',
      job: this.#options.job,
      step,
      verb,
      args: asJson(args),
      limitMs,
    });

    let result: Result<V> | null = null;
    let view: HostView | null = null;
    let error: HostproofError | null = null;
    try {
      result = await this.#limited(step, limitMs, (context) => this.#call(verb, args, context));
      error = unexpectedEnd(verb, args, result);
      const deed = deedOf(verb, args, result, this.#options);
      this.#isInDoubt = isInDoubt(deed);
      this.#ledger = promise(this.#ledger, deed);
      if (verb === 'view') view = result as HostView;
      else if (
        VERBS[verb].kind !== 'observation' &&
        host.state() === 'running' &&
        !this.#isInDoubt
      ) {
        view = await this.#limited(
          step,
          VERBS.view.limitS * 1000 * this.#options.speed,
          (context) => host.view({ watch: watched(this.#ledger) }, context),
        );
      }
      const finding = view === null ? null : this.#judge(step, deed, view);
      // a finding tells more than an unexpected end, but nothing tells more than a story that went wrong
      if (error?.blame !== 'story') error = finding ?? error;
    } catch (thrown) {
      error = asHostproofError(thrown);
    } finally {
      this.#busy = null;
    }
    const durationMs = this.#options.clock.nowMs() - started;
    this.#workMs += Math.max(durationMs, this.#asked.recalledMs);
    this.#options.emit({
      type: 'step.ended',
      ...{ job: this.#options.job, step, durationMs },
      cached: this.#asked.times > 0 && this.#asked.recalled === this.#asked.times,
      result: verb === 'view' ? null : asJson(result),
      view,
      error: error?.toRecord() ?? null,
    });
    if (error !== null) throw error;
    return result as Result<V>;
  }

  /** The story has come to its end: nothing may still be going on, and bases are read to the last byte. */
  async finish(): Promise<void> {
    if (this.#busy !== null) {
      throw new HostproofError(
        'story/misuse',
        `the story ended while ${this.#busy} was not: a missing await?`,
      );
    }
    if (this.#isInDoubt) throw inDoubt('the story ends');
    if (this.#options.host.state() === 'running') await this.perform('digest', {});
  }

  /** Records a finding and says it as an error. */
  finding(invariant: string, message: string): HostproofError {
    const { job, emit, signal } = this.#options;
    signal.throwIfAborted();
    emit({ type: 'finding', job, step: this.#count, invariant, message });
    const code = invariant.startsWith('expect.') ? 'host/expectation' : 'host/invariant';
    return new HostproofError(code, `${invariant}: ${message}`, { invariant });
  }

  #admit<V extends Verb>(verb: V, given: Args<V>): Args<V> {
    if (this.#busy !== null) {
      throw new HostproofError(
        'story/misuse',
        `${verb} was called while ${this.#busy} is not finished: a missing await?`,
      );
    }
    const parsed = VERBS[verb].args.safeParse(given);
    if (!parsed.success) {
      throw new HostproofError('story/argument', `${verb}: ${issuesOf(parsed.error)}`);
    }
    const state = this.#options.host.state();
    const needs = VERBS[verb].needs;
    if (!FITS[needs].includes(state)) {
      throw new HostproofError(
        'story/misuse',
        `${verb} needs a host that is ${FITS[needs].join(' or ')}, and it is ${state}`,
      );
    }
    if (this.#isInDoubt && !ENDS_DOUBT.includes(verb)) throw inDoubt(verb);
    return parsed.data as Args<V>;
  }

  #call<V extends Verb>(verb: V, args: Args<V>, context: StepContext): Promise<Result<V>> {
    const { host } = this.#options;
    if (verb === 'view')
      return host.view({ watch: watched(this.#ledger) }, context) as Promise<Result<V>>;
    const method = host[verb] as unknown as (
      args: Args<V>,
      context: StepContext,
    ) => Promise<Result<V>>;
    return method.call(host, args, context);
  }

  /** Runs under a limit of its own and says which step ran out of time. */
  async #limited<T>(
    step: number,
    limitMs: number,
    body: (context: StepContext) => Promise<T>,
  ): Promise<T> {
    const { clock, signal, speed } = this.#options;
    const asked = this.#asked;
    asked.times++;
    await using limit = new StepLimit(clock, limitMs);
    const context: StepContext = {
      limitMs,
      signal: AbortSignal.any([signal, limit.signal]),
      progress: this.#progress(step),
      lastView: this.#ledger.last,
      willFreeze: false,
      recalled: (durationMs) => {
        asked.recalled++;
        asked.recalledMs += durationMs;
      },
      aside: (work) =>
        limit.aside(() => work({ ...context, limitMs: ASIDE_S * 1000 * speed, signal })),
    };
    return await body(context);
  }

  /** Much of it is what the guest says: a step has room for so much, and then says that there was more. */
  #progress(step: number): StepContext['progress'] {
    let left = PROGRESS_MAX;
    return (text) => {
      if (left < 0) return;
      const told = left-- > 0 ? text : 'and more, which is not told';
      this.#options.emit({ type: 'step.progress', job: this.#options.job, step, text: told });
    };
  }

  #judge(step: number, deed: Deed, view: HostView): HostproofError | null {
    const before = this.#ledger.last;
    const settled = settle(this.#ledger, deed, view);
    const findings = this.#options.invariants.flatMap((invariant) =>
      invariant
        .broken({ view, before, deed, promised: settled })
        .map((message) => this.finding(invariant.id, `after step ${step.toString()}, ${message}`)),
    );
    this.#ledger = { ...settled, promisedRunning: view.bootedLayer };
    return findings[0] ?? null;
  }
}

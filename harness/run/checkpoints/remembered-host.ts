/**
 * A host that remembers. An act that was done before, after the same acts and with the same inputs, is not done again: what it
 * came to is recalled. The machine below is set to work for the first act that is not known, on the state that the act before
 * it left.
 */
import type {
  ActRecord,
  HostState,
  KeptState,
  ObservationRecord,
} from '../../domain/checkpoint.ts';
import { HostproofError } from '../../domain/errors.ts';
import { asJson } from '../../domain/json.ts';
import type { Args, Result, Verb } from '../../domain/verb.ts';
import type { Checkpoints } from '../../ports/checkpoints.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Host, StepContext } from '../../ports/host.ts';
import { actKey, observationKey, type Sha256 } from './keys.ts';
import { isKept, willFreeze } from './policy.ts';
import { difference } from './difference.ts';

export interface RememberedOptions {
  /** Null: nothing may be done; what is not known ends in `Unknown`. */
  readonly host: Host | null;
  /** Says what verbs bring in, also where nothing may be done. */
  readonly inputs: Host['inputs'];
  readonly checkpoints: Checkpoints;
  readonly sha256: Sha256;
  readonly clock: Clock;
  /** A name that nobody else gives. */
  readonly newId: () => string;
  /** For people: the job. */
  readonly madeFor: string;
  /** What stands for the execution before the first act. */
  readonly root: string;
  /** So many acts are recalled, if they are known; those behind them are done. */
  readonly recalls: number;
  /** What the acts of this story came to when they were done before: done again, they must come to the same. */
  readonly before: readonly ActRecord[];
  /** What is foreseen of the acts of this story. */
  readonly course: { readonly verbs: readonly Verb[]; readonly continuations: readonly number[] };
  readonly symptoms: SymptomTap;
}

/** What a console says that is worth telling passes here on its way to the events. */
export interface SymptomTap {
  /** What came by since the last call. */
  readonly take: () => ActRecord['symptoms'];
  readonly tell: (symptoms: ActRecord['symptoms']) => void;
}

/** A step that is not known, where nothing may be done. */
class Unknown extends Error {}

type Act = Exclude<Verb, 'view' | 'read' | 'digest'>;

export class RememberedHost implements Host {
  readonly machine: Host['machine'];
  readonly #options: RememberedOptions;
  /** The acts so far; null for one that is not kept. */
  readonly #acts: (ActRecord | null)[] = [];
  /** Execution that the next key is made from; null: nothing is kept any more. */
  #after: string | null;
  /** Of the last step. */
  #key: string | null = null;
  #state: HostState = 'none';
  /** The machine below is in the state that the last act left. */
  #isAwake = false;
  /** A step was not known, and nothing may be done: all that follows is not known either. */
  #isLost = false;
  /** The last state that the machine below went on from: what its disks are overlays of. */
  #standsOn: KeptState | null = null;

  constructor(options: RememberedOptions) {
    this.#options = options;
    this.#after = options.root;
    this.machine = options.host?.machine ?? 'sim';
  }

  /** The acts that were recalled or kept, up to the first that is not. */
  get trail(): readonly ActRecord[] {
    const end = this.#acts.indexOf(null);
    return (end < 0 ? this.#acts : this.#acts.slice(0, end)) as readonly ActRecord[];
  }

  /** Whether the machine below has been set to work. */
  get isAwake(): boolean {
    return this.#isAwake;
  }

  /** Whether a step was asked for that is not known. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** The last step has failed: it is not to be recalled. */
  async forget(): Promise<void> {
    if (this.#key !== null) await this.#options.checkpoints.forget(this.#key);
  }

  state(): HostState {
    return this.#isAwake ? this.#host().state() : this.#state;
  }

  readonly install: Host['install'] = (...step) => this.#act('install', ...step);
  readonly boot: Host['boot'] = (...step) => this.#act('boot', ...step);
  readonly reboot: Host['reboot'] = (...step) => this.#act('reboot', ...step);
  readonly select: Host['select'] = (...step) => this.#act('select', ...step);
  readonly powerOff: Host['powerOff'] = (...step) => this.#act('powerOff', ...step);
  readonly powerCut: Host['powerCut'] = (...step) => this.#act('powerCut', ...step);
  readonly upgrade: Host['upgrade'] = (...step) => this.#act('upgrade', ...step);
  readonly rollback: Host['rollback'] = (...step) => this.#act('rollback', ...step);
  readonly write: Host['write'] = (...step) => this.#act('write', ...step);
  readonly remove: Host['remove'] = (...step) => this.#act('remove', ...step);
  readonly addUser: Host['addUser'] = (...step) => this.#act('addUser', ...step);
  readonly addKernelArgument: Host['addKernelArgument'] = (...step) =>
    this.#act('addKernelArgument', ...step);
  readonly installPackage: Host['installPackage'] = (...step) =>
    this.#act('installPackage', ...step);
  readonly fill: Host['fill'] = (...step) => this.#act('fill', ...step);
  readonly settle: Host['settle'] = (...step) => this.#act('settle', ...step);
  readonly read: Host['read'] = (args, context) =>
    this.#observe('read', args, context, (host, step) => host.read(args, step));
  readonly digest: Host['digest'] = (args, context) =>
    this.#observe('digest', args, context, (host, step) => host.digest(args, step));
  readonly view: Host['view'] = (args, context) =>
    this.#observe('view', args, context, (host, step) => host.view(args, step));

  readonly inputs: Host['inputs'] = (...step) => this.#options.inputs(...step);

  freeze(directory: string): Promise<void> {
    return this.#host().freeze(directory);
  }

  thaw(...frozen: Parameters<Host['thaw']>): Promise<void> {
    return this.#host().thaw(...frozen);
  }

  access(): ReturnType<Host['access']> {
    return this.#host().access();
  }

  recordFailure(): Promise<void> {
    return this.#host().recordFailure();
  }

  evidence(): Promise<readonly string[]> {
    return this.#host().evidence();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.host?.[Symbol.asyncDispose]();
  }

  async #act<V extends Act>(verb: V, args: Args<V>, context: StepContext): Promise<Result<V>> {
    const { checkpoints, clock, recalls, symptoms } = this.#options;
    if (this.#isLost) throw new Unknown();
    const key = await this.#keyOf(verb, args, context);
    this.#key = key;
    const known = key === null ? null : await checkpoints.find('act', key);
    if (known !== null && this.#acts.length < recalls) {
      symptoms.tell(known.symptoms);
      context.recalled(known.durationMs);
      return this.#went(known, known.host).result as Result<V>;
    }
    await this.wake(context);
    const index = this.#acts.length;
    const { continuations, verbs } = this.#options.course;
    const step = { ...context, willFreeze: willFreeze(verbs, continuations, index) };
    symptoms.take();
    const started = clock.nowMs();
    const host = this.#host();
    const method = host[verb] as unknown as (
      args: Args<V>,
      context: StepContext,
    ) => Promise<Result<V>>;
    const result = await method.call(host, args, step);
    const record = {
      kind: 'act' as const,
      ...{ verb, args: asJson(args), result: asJson(result), madeFor: this.#options.madeFor },
      ...{ id: this.#options.newId(), host: host.state(), symptoms: symptoms.take() },
      durationMs: clock.nowMs() - started,
    };
    const differs = difference(this.#options.before[index], record);
    if (differs !== null) {
      const message = `${verb} was done again and came to something else: ${differs}`;
      throw new HostproofError('story/not-deterministic', message);
    }
    if (key === null) this.#went(null, record.host);
    else await this.#keep({ ...record, key }, known?.id ?? null, step);
    return result;
  }

  /** The machine below is set to work, if it was not, in the state that the last act left. */
  async wake(context: StepContext): Promise<void> {
    const { checkpoints } = this.#options;
    const host = this.#host();
    if (this.#isAwake) return;
    const last = this.#acts.at(-1);
    if (last !== undefined) {
      const state = last?.state ?? null;
      const directory = state === null ? null : await checkpoints.open(state);
      if (state === null || directory === null) {
        throw new HostproofError('env/io', 'a checkpoint was taken away while it was needed', {
          hint: 'run again: what is missing is made anew',
        });
      }
      context.progress('going on from a checkpoint');
      await host.thaw(directory, this.#state, this.#ahead(context, this.#acts.length - 1));
      this.#standsOn = state;
    }
    this.#isAwake = true;
  }

  /** Keeps what an act came to; the machine below goes on from its own state, if that is kept, too. */
  async #keep(
    record: Omit<ActRecord, 'state'>,
    replaces: string | null,
    context: StepContext,
  ): Promise<void> {
    const { checkpoints, course } = this.#options;
    const continuations = course.continuations[this.#acts.length] ?? 0;
    const place = isKept(record.host, continuations) ? await checkpoints.newState() : null;
    if (place !== null) {
      const host = this.#host();
      await host.freeze(place.directory);
      await host.thaw(place.directory, record.host, this.#ahead(context, this.#acts.length));
      this.#standsOn = await checkpoints.sealed(place.id, this.#standsOn?.id ?? null);
    }
    const state = place === null ? null : this.#standsOn;
    const kept = await checkpoints.keep({ ...record, state }, replaces);
    if (kept.id === record.id) {
      this.#went(kept, record.host);
      return;
    }
    // of two that did the same, the first is kept; this one goes on by itself, and nothing more of it is kept
    context.progress('another hostproof was faster in keeping this step');
    this.#went(null, record.host);
  }

  async #observe<T>(
    verb: 'view' | 'read' | 'digest',
    args: unknown,
    context: StepContext,
    observe: (host: Host, context: StepContext) => Promise<T>,
  ): Promise<T> {
    const { checkpoints, clock, sha256 } = this.#options;
    if (this.#isLost) throw new Unknown();
    const step = { verb, args: asJson(args) };
    const key = this.#after === null ? null : observationKey(sha256, this.#after, step);
    if (verb !== 'view') this.#key = key;
    const known = key === null ? null : await checkpoints.find('observation', key);
    if (known !== null) {
      context.recalled(known.durationMs);
      return known.result as T;
    }
    await this.wake(context);
    const started = clock.nowMs();
    const result = await observe(this.#host(), context);
    if (key !== null) {
      const record = { kind: 'observation', key, ...step, result: asJson(result) } as const;
      const durationMs = clock.nowMs() - started;
      await checkpoints.keep<ObservationRecord>({ ...record, durationMs });
    }
    return result;
  }

  async #keyOf<V extends Act>(
    verb: V,
    args: Args<V>,
    context: StepContext,
  ): Promise<string | null> {
    if (this.#after === null) return null;
    const inputs = await this.#options.inputs(verb, args, context);
    if (inputs === null) return null;
    return actKey(this.#options.sha256, this.#after, { verb, args: asJson(args) }, inputs);
  }

  #went<R extends ActRecord | null>(record: R, host: HostState): R {
    this.#acts.push(record);
    this.#after = record?.id ?? null;
    this.#state = host;
    return record;
  }

  /** For a machine that goes on from the state after act `index`: that one is not frozen once more. */
  #ahead(context: StepContext, index: number): StepContext {
    const { continuations, verbs } = this.#options.course;
    const others = continuations.map((count, act) => (act === index ? 0 : count));
    return { ...context, willFreeze: willFreeze(verbs, others, index) };
  }

  #host(): Host {
    const { host } = this.#options;
    if (host !== null) return host;
    this.#isLost = true;
    throw new Unknown();
  }
}

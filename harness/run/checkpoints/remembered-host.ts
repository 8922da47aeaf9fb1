/**
 * A host that remembers. What was recalled of its story before is recalled once more; for the first step behind that, the
 * machine below is set to work on the state that the act before it left, and from then on it takes every step.
 */
import type { ActRecord, KeptState, StepRecord } from '../../domain/checkpoint.ts';
import { asHostproofError, HostproofError, messageOf } from '../../domain/errors.ts';
import { asJson } from '../../domain/json.ts';
import { VERBS, type Args, type Result, type Verb } from '../../domain/verb.ts';
import type { Checkpoints } from '../../ports/checkpoints.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Host, StepContext, StepHost } from '../../ports/host.ts';
import { all } from '../all.ts';
import { byVerb, type TakenVerb } from './by-verb.ts';
import { difference } from './difference.ts';
import type { Sha256 } from './keys.ts';
import { isKept, willFreeze } from './policy.ts';
import { Trail } from './trail.ts';

/** What a job needs to remember earlier runs. */
export interface Memory {
  readonly checkpoints: Checkpoints;
  readonly sha256: Sha256;
  readonly clock: Clock;
  /** A name that nobody else gives. */
  readonly newId: () => string;
  /** For people: the job. */
  readonly madeFor: string;
  /** Of the acts that are foreseen. */
  readonly verbs: readonly Verb[];
  /** In how many ways stories go on after each of them. */
  readonly continuations: readonly number[];
}

export interface RememberedOptions extends Memory {
  readonly below: Host;
  /** Stands for the execution before the first act. */
  readonly root: string;
  /** What is known of the story, by key. */
  readonly records: ReadonlyMap<string, StepRecord>;
  /** What the acts of this story came to before: those that are done again must come to the same. */
  readonly before: readonly ActRecord[];
  /** So many of them are recalled; the rest is done. */
  readonly recalls: number;
  /** The act by which the story would fail, if it were recalled, too. */
  readonly suspect: { readonly index: number; readonly record: ActRecord } | null;
  readonly symptoms: SymptomTap;
}

/** What a console says that is worth telling passes here on its way to the events. */
export interface SymptomTap {
  /** What came by since the last call. */
  readonly take: () => ActRecord['symptoms'];
  readonly tell: (symptoms: ActRecord['symptoms']) => void;
}

export class RememberedHost {
  readonly #options: RememberedOptions;
  readonly #trail: Trail;
  /** The machine below is in the state that the last act left. */
  #isAwake = false;
  /** The last state that the machine below went on from: what its disks are overlays of. */
  #standsOn: KeptState | null = null;
  /** What the story is told to. */
  readonly host: StepHost;

  constructor(options: RememberedOptions) {
    this.#options = options;
    this.#trail = new Trail(options.sha256, options.root);
    const { below } = options;
    this.host = {
      ...byVerb((verb, args, context) => {
        if (VERBS[verb].kind === 'act') return this.#act(verb, args, context);
        return this.#observe(verb, args, context, (step) => doing(below, verb)(args, step));
      }),
      view: (args, context) =>
        this.#observe('view', args, context, (step) => below.view(args, step)),
      state: () => (this.#isAwake ? below.state() : this.#trail.state),
    };
  }

  /** The machine below is set to work, if it was not, in the state that the last act left. */
  async wake(context: StepContext): Promise<void> {
    if (this.#isAwake) return;
    const { length, last } = this.#trail;
    if (length > 0) {
      const { below, checkpoints } = this.#options;
      await aside(context, async (own) => {
        const state = last?.state ?? null;
        const directory = state === null ? null : await checkpoints.open(state);
        if (last === null || state === null || directory === null) {
          throw new HostproofError(
            'harness/checkpoint',
            'a checkpoint was taken away while in use',
          );
        }
        context.progress('going on from a checkpoint');
        const ahead = this.#ahead(own, length - 1);
        try {
          const { answers } = await below.thaw(directory, this.#trail.state, ahead);
          await answers;
        } catch (error) {
          if (!own.signal.aborted && isOfTheState(error)) await this.#forget(last, context);
          throw error;
        }
        this.#standsOn = state;
      });
    }
    this.#isAwake = true;
  }

  /** The story has come to a good end: what it would have failed by is known to be wrong, or not to last. */
  async acquit(): Promise<void> {
    const { checkpoints, suspect } = this.#options;
    if (suspect !== null) await checkpoints.forget(suspect.record.key);
  }

  async #act<V extends TakenVerb>(
    verb: V,
    args: Args<V>,
    context: StepContext,
  ): Promise<Result<V>> {
    const { below, clock, continuations, recalls, suspect, symptoms, verbs } = this.#options;
    const index = this.#trail.length;
    const inputs = this.#trail.isKept ? await below.inputs(verb, args, context) : null;
    const key = this.#trail.actKey(verb, args, inputs);
    const known = this.#options.records.get(key ?? '');
    if (known?.kind === 'act' && index < recalls) {
      symptoms.tell(known.symptoms);
      context.recalled(known.durationMs);
      this.#trail.went(known, known.host);
      return known.result as Result<V>; // as this verb came to it, under a key that holds its name
    }
    await this.wake(context);
    try {
      symptoms.take();
      const started = clock.nowMs();
      const step = { ...context, willFreeze: willFreeze(verbs, continuations, index) };
      const result = await doing(below, verb)(args, step);
      const record = {
        kind: 'act' as const,
        ...{ verb, args: asJson(args), result: asJson(result), madeFor: this.#options.madeFor },
        ...{ id: this.#options.newId(), host: below.state(), symptoms: symptoms.take() },
        durationMs: clock.nowMs() - started,
      };
      this.#compare(index, record, context);
      const isKept = key !== null && index !== suspect?.index;
      const replaces = known?.kind === 'act' ? known.id : null;
      const kept = isKept ? await this.#keep({ ...record, key }, replaces, context) : null;
      this.#trail.went(kept, record.host);
      return result;
    } catch (error) {
      // whatever has become of the host, nobody knows it: nothing that follows is kept
      this.#trail.went(null, below.state());
      throw error;
    }
  }

  /** Done again, an act must come to what it came to before; one that is under suspicion may not, and that is told. */
  #compare(index: number, record: Parameters<typeof difference>[1], context: StepContext): void {
    const { before, suspect } = this.#options;
    const isSuspect = index === suspect?.index;
    const differs = difference(isSuspect ? suspect.record : before[index], record);
    if (differs === null) return;
    const message = `${record.verb} was done again and came to something else: ${differs}`;
    if (!isSuspect) throw new HostproofError('story/not-deterministic', message);
    context.progress(message);
  }

  /**
   * Keeps what an act came to; the machine below goes on from its own state, if that is kept, too.
   *
   * @returns null if somebody else was faster: nothing that follows is kept
   */
  async #keep(
    record: Omit<ActRecord, 'state'>,
    replaces: string | null,
    context: StepContext,
  ): Promise<ActRecord | null> {
    const { below, checkpoints, continuations } = this.#options;
    const index = this.#trail.length;
    return aside(context, async (own) => {
      const place = isKept(record.host, continuations[index] ?? 0)
        ? await checkpoints.newState()
        : null;
      if (place !== null) {
        await below.freeze(place.directory);
        const { answers } = await below.thaw(place.directory, record.host, this.#ahead(own, index));
        // nobody changes the files any more: they are read while the machine goes on, and not before, since that takes longer
        const sealing = checkpoints.sealed(place.id, this.#standsOn?.id ?? null);
        [this.#standsOn] = await all([sealing, answers]);
      }
      const state = place === null ? null : this.#standsOn;
      const kept = await checkpoints.keep({ ...record, state }, replaces);
      if (kept.id === record.id) return kept;
      context.progress('another hostproof was faster in keeping this step');
      return null;
    });
  }

  async #observe<T>(
    verb: TakenVerb | 'view',
    args: unknown,
    context: StepContext,
    observe: (context: StepContext) => Promise<T>,
  ): Promise<T> {
    const { checkpoints, clock, records } = this.#options;
    const key = this.#trail.observationKey(verb, args);
    const known = records.get(key ?? '');
    if (known?.kind === 'observation') {
      context.recalled(known.durationMs);
      return known.result as T; // as this verb came to it, under a key that holds its name
    }
    await this.wake(context);
    const started = clock.nowMs();
    const result = await observe(context);
    if (key !== null) {
      const record = { kind: 'observation', key, verb, args: asJson(args) } as const;
      const durationMs = clock.nowMs() - started;
      await checkpoints.keep({ ...record, result: asJson(result), durationMs });
    }
    return result;
  }

  /** Whoever comes next would fail by it, too. */
  async #forget({ key }: ActRecord, { progress }: StepContext): Promise<void> {
    try {
      await this.#options.checkpoints.forget(key);
      progress('nobody can go on from the checkpoint: it is forgotten');
    } catch (error) {
      progress(messageOf(error)); // and what brought it about is told by whoever throws that
    }
  }

  /** For a machine that goes on from the state after act `index`: that one is not frozen once more. */
  #ahead(context: StepContext, index: number): StepContext {
    const { continuations, verbs } = this.#options;
    const others = continuations.map((count, act) => (act === index ? 0 : count));
    return { ...context, willFreeze: willFreeze(verbs, others, index) };
  }
}

/** Whether it may be the state from which no machine goes on, and not what this computer lacks, as room or a port. */
function isOfTheState(error: unknown): boolean {
  const { blame, code } = asHostproofError(error);
  return blame !== 'environment' || code === 'env/image-damaged';
}

/** What the machine below does for a verb. */
function doing<V extends TakenVerb>(
  below: Host,
  verb: V,
): (args: Args<V>, context: StepContext) => Promise<Result<V>> {
  const method = below[verb] as unknown as ReturnType<typeof doing<V>>;
  return method.bind(below);
}

/** Work on checkpoints takes no time of the step's, and that it fails is not what the host has done. */
function aside<T>(context: StepContext, body: (own: StepContext) => Promise<T>): Promise<T> {
  return context.aside(body).catch((error: unknown) => {
    if (!(error instanceof HostproofError) || error.blame !== 'host') throw error;
    throw new HostproofError('harness/checkpoint', messageOf(error), { cause: error });
  });
}

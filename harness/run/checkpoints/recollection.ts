/** What is known of a story: it is told in silence to a host that does nothing, and only recalls. */
import type { ActRecord, StepRecord } from '../../domain/checkpoint.ts';
import { VERBS } from '../../domain/verb.ts';
import type { Checkpoints } from '../../ports/checkpoints.ts';
import type { Host, StepContext, StepHost } from '../../ports/host.ts';
import { byVerb, type TakenVerb } from './by-verb.ts';
import type { Sha256 } from './keys.ts';
import { Trail } from './trail.ts';

export interface Known {
  /** Acts, from the first one on. */
  readonly acts: readonly ActRecord[];
  /** All that was recalled, by key. */
  readonly records: ReadonlyMap<string, StepRecord>;
  /** A step was asked for that is not known. */
  readonly isLost: boolean;
}

export interface RecollectionOptions {
  readonly checkpoints: Checkpoints;
  readonly inputs: Host['inputs'];
  readonly sha256: Sha256;
  /** Stands for the execution before the first act. */
  readonly root: string;
}

export class Recollection {
  readonly #options: RecollectionOptions;
  readonly #trail: Trail;
  readonly #acts: ActRecord[] = [];
  readonly #records = new Map<string, StepRecord>();
  /** A step was not known: all that follows is not known either. */
  #isLost = false;
  #giveUp: (isGood: false) => void = () => undefined;
  /** Resolves when a step was asked for that is not known: the telling is given up, and the step never ends. */
  readonly lost = new Promise<false>((resolve) => (this.#giveUp = resolve));
  /** What the story is told to. */
  readonly host: StepHost;

  constructor(options: RecollectionOptions) {
    this.#options = options;
    this.#trail = new Trail(options.sha256, options.root);
    const recall = (verb: TakenVerb | 'view', args: unknown, context: StepContext) =>
      this.#recall(verb, args, context) as Promise<never>;
    this.host = {
      ...byVerb(recall),
      view: (args, context) => recall('view', args, context),
      state: () => this.#trail.state,
    };
  }

  /** What is known of the story so far. */
  known(): Known {
    return { acts: [...this.#acts], records: new Map(this.#records), isLost: this.#isLost };
  }

  async #recall(verb: TakenVerb | 'view', args: unknown, context: StepContext): Promise<unknown> {
    // whatever goes wrong on the way: from here on nothing is known
    const record = this.#isLost ? null : await this.#find(verb, args, context).catch(() => null);
    if (record === null) {
      this.#isLost = true;
      this.#giveUp(false);
      // a story may take an error for an answer, and ask for ever
      return new Promise(() => undefined);
    }
    this.#records.set(record.key, record);
    if (record.kind === 'act') {
      this.#acts.push(record);
      this.#trail.went(record, record.host);
    }
    return record.result;
  }

  async #find(
    verb: TakenVerb | 'view',
    args: unknown,
    context: StepContext,
  ): Promise<StepRecord | null> {
    const { checkpoints } = this.#options;
    if (verb === 'view' || VERBS[verb].kind !== 'act') {
      const key = this.#trail.observationKey(verb, args);
      return key === null ? null : checkpoints.find('observation', key);
    }
    const inputs = await this.#options.inputs(verb, args as never, context);
    const key = this.#trail.actKey(verb, args, inputs);
    return key === null ? null : checkpoints.find('act', key);
  }
}

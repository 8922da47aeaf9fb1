/** Where a host has come in one telling: the acts so far, and the keys of what comes next. */
import type { ActRecord, HostState } from '../../domain/checkpoint.ts';
import { asJson, canonical, type Json } from '../../domain/json.ts';
import { actKey, observationKey, type Sha256 } from './keys.ts';

export class Trail {
  readonly #sha256: Sha256;
  /** Execution that the next key is made from; null: nothing is kept any more. */
  #after: string | null;
  #state: HostState = 'none';
  #last: ActRecord | null = null;
  #length = 0;
  /** How often the same was observed since the last act: a host can change by itself, so each time is another one. */
  #observed = new Map<string, number>();

  constructor(sha256: Sha256, root: string) {
    this.#sha256 = sha256;
    this.#after = root;
  }

  /** Acts so far. */
  get length(): number {
    return this.#length;
  }

  /** The state that the last act left the host in. */
  get state(): HostState {
    return this.#state;
  }

  /** Null: there was none, or it is not kept. */
  get last(): ActRecord | null {
    return this.#last;
  }

  /** Whether what comes next can be kept. */
  get isKept(): boolean {
    return this.#after !== null;
  }

  /** @param inputs null: no digest covers them */
  actKey(verb: string, args: unknown, inputs: Json | null): string | null {
    if (this.#after === null || inputs === null) return null;
    return actKey(this.#sha256, this.#after, { verb, args: asJson(args) }, inputs);
  }

  /** Counts: the same asked once more has another key. */
  observationKey(verb: string, args: unknown): string | null {
    const step = { verb, args: asJson(args) };
    const text = canonical(step);
    const time = (this.#observed.get(text) ?? 0) + 1;
    this.#observed.set(text, time);
    return this.#after === null ? null : observationKey(this.#sha256, this.#after, step, time);
  }

  /** The next act was taken; null: it is not kept, and neither is what follows. */
  went(record: ActRecord | null, state: HostState): void {
    this.#length++;
    this.#last = record;
    this.#after = record?.id ?? null;
    this.#state = state;
    this.#observed = new Map();
  }
}

/** The time that a step may take, without what is done in it that is not its own work. */
import { HostproofError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';

/** How much later it may come than it should, after such work. */
const GRAIN_MS = 1000;

export class StepLimit implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #over = new AbortController();
  readonly #ended = new AbortController();
  readonly #watching: Promise<void>;
  /** Begin of the work aside that is going on. */
  #sinceMs: number | null = null;
  #asideMs = 0;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#watching = this.#watch(limitMs).catch(() => undefined); // it ended in time
  }

  /** Aborted when the time is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** What `body` takes does not count. */
  async aside<T>(body: () => Promise<T>): Promise<T> {
    this.#sinceMs = this.#clock.nowMs();
    try {
      return await body();
    } finally {
      this.#asideMs += this.#clock.nowMs() - this.#sinceMs;
      this.#sinceMs = null;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#watching;
  }

  async #watch(limitMs: number): Promise<void> {
    for (let leftMs = limitMs; leftMs > 0; leftMs = this.#owedMs()) {
      await this.#clock.sleep(leftMs, this.#ended.signal);
    }
    const seconds = Math.round(limitMs / 1000).toString();
    const error = new HostproofError('host/timeout', `the step did not end within ${seconds} s`);
    this.#over.abort(error);
  }

  /** What was spent aside since it was asked last. */
  #owedMs(): number {
    const nowMs = this.#clock.nowMs();
    const owedMs = this.#asideMs + (this.#sinceMs === null ? 0 : nowMs - this.#sinceMs);
    this.#asideMs = 0;
    if (this.#sinceMs !== null) this.#sinceMs = nowMs;
    const isOwed = owedMs > 0 || this.#sinceMs !== null;
    return isOwed ? Math.max(owedMs, GRAIN_MS) : 0;
  }
}

/** Time, injected. */
export interface Clock {
  /** Milliseconds since some fixed point; only differences mean something. */
  readonly nowMs: () => number;
  readonly wallTime: () => Date;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

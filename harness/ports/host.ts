/** A host under test: what every verb does. Real machines and the simulated host stand behind this port. */
import type { HostState } from '../domain/checkpoint.ts';
import type { Json } from '../domain/json.ts';
import type { Args, Result, Verb } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import type { RunningMachine } from './machine.ts';

export interface StepContext {
  /** Milliseconds this step may take. */
  readonly limitMs: number;
  /** Aborted at the limit and on interrupt. */
  readonly signal: AbortSignal;
  /** Says what a long step does now. */
  readonly progress: (text: string) => void;
  /** What was last seen of the host; null before its first start. */
  readonly lastView: HostView | null;
  /** A machine that runs when the step has ended will be frozen before it is started again. */
  readonly willFreeze: boolean;
  /** Called by a host that does not do the step, but knows what it came to, and how long it took. */
  readonly recalled: (durationMs: number) => void;
  /** Does what is not the step's own work: it has a limit of its own, and does not count for the step's. */
  readonly aside: <T>(body: (context: StepContext) => Promise<T>) => Promise<T>;
}

export type VerbMethods = {
  readonly [V in Exclude<Verb, 'view'>]: (
    args: Args<V>,
    context: StepContext,
  ) => Promise<Result<V>>;
};

export interface Access {
  readonly machine: RunningMachine;
  /** Its working directory. */
  readonly dir: string;
  /** On 127.0.0.1. */
  readonly sshPort: number;
}

/** What steps are taken on. */
export interface StepHost extends VerbMethods {
  readonly state: () => HostState;
  /** Observes a running host. `watch`: files whose digests the view carries. */
  readonly view: (
    args: { readonly watch: readonly string[] },
    context: StepContext,
  ) => Promise<HostView>;
}

/** A host that goes on: its machine runs, if it has to. */
export interface Thawed {
  /** Until it answers, if it did when it was frozen. */
  readonly answers: Promise<void>;
}

export interface Host extends StepHost, AsyncDisposable {
  readonly machine: 'qemu' | 'sim';
  /**
   * Digests of all that the verb brings in from outside, beside its arguments; null when it talks to something that no digest
   * covers: it and what follows it are not kept.
   */
  readonly inputs: <V extends Exclude<Verb, 'view'>>(
    verb: V,
    args: Args<V>,
    context: Pick<StepContext, 'progress'>,
  ) => Promise<Json | null>;
  /**
   * Stops the host for good and puts its state into a directory, which is there and empty: files whose names are the host's.
   * `standsAlone`: they need no others; otherwise they may need those that the host went on from.
   */
  readonly freeze: (
    directory: string,
    options?: { readonly standsAlone?: boolean },
  ) => Promise<void>;
  /** Goes on from what `freeze` wrote in this state of the host; the files stay as they are. */
  readonly thaw: (directory: string, state: HostState, context: StepContext) => Promise<Thawed>;
  /** The machine that is on, and how a person gets at it; null when there is none. */
  readonly access: () => Access | null;
  /** Keeps what a person would look at first after a failure: the screen. */
  readonly recordFailure: () => Promise<void>;
  /** Files worth keeping, relative to the job's directory. */
  readonly evidence: () => Promise<readonly string[]>;
}

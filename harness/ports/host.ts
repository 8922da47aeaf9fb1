/** A host under test: what every verb does. Real machines and the simulated host stand behind this port. */
import type { Args, Result, Verb } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import type { MachineConsole } from './console.ts';
import type { Shell } from './shell.ts';

export interface StepContext {
  /** Milliseconds this step may take. */
  readonly limitMs: number;
  /** Aborted at the limit and on interrupt. */
  readonly signal: AbortSignal;
  /** Says what a long step does now. */
  readonly progress: (text: string) => void;
}

export type HostState = 'none' | 'off' | 'running' | 'hung';

export type VerbMethods = {
  readonly [V in Exclude<Verb, 'view'>]: (
    args: Args<V>,
    context: StepContext,
  ) => Promise<Result<V>>;
};

export interface Host extends VerbMethods, AsyncDisposable {
  readonly machine: 'qemu' | 'sim';
  readonly state: () => HostState;
  /** Observes a running host. `watch`: files whose digests the view carries. */
  readonly view: (
    args: { readonly watch: readonly string[] },
    context: StepContext,
  ) => Promise<HostView>;
  /** Console and shell exist on machines only. */
  readonly console: () => MachineConsole | null;
  readonly shell: () => Shell | null;
  /** How a person gets at a machine that is on; null when there is none. */
  readonly access: () => { readonly dir: string; readonly sshPort: number | null } | null;
  /** Keeps what a person would look at first after a failure: the screen. */
  readonly recordFailure: () => Promise<void>;
  /** Files worth keeping, relative to the job's directory. */
  readonly evidence: () => Promise<readonly string[]>;
}

/** A layout engine's adapter: how to observe and operate a running host of that layout. */
import type { CommandEnd } from '../domain/fault.ts';
import type { Artefact, BuiltImage, LayoutId } from '../domain/image.ts';
import type { Args, Outcome, Results } from '../domain/verb.ts';
import type { HostView } from '../domain/view.ts';
import type { HttpService, Shell } from './shell.ts';

export interface LayoutContext {
  readonly shell: Shell;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
  /** Text of a script from `images/guest/`, by its path there. */
  readonly guestScript: (path: string) => string;
}

export interface EngineOutcome {
  readonly outcome: Exclude<Outcome, 'cut'>;
  readonly reason: string | null;
}

/** A repository that belongs to one host, and that its updates come from where a layout has such a thing. */
export interface UpdateRepository {
  /** Adds an artefact: a tarball of a repository, a package. Resolves with the repository's directory. */
  readonly take: (artefact: Artefact) => Promise<string>;
}

export interface Layout {
  readonly id: LayoutId;
  readonly observe: (context: LayoutContext, watch: readonly string[]) => Promise<HostView>;
  /** What must be served to a host so that it can take this update, or this package. */
  readonly served: (artefact: Artefact, repository: UpdateRepository) => Promise<HttpService>;
  /** Upgrades from what `server` serves: host and port, as the guest has to ask for them. */
  readonly upgrade: (
    context: LayoutContext,
    image: BuiltImage,
    server: string,
  ) => Promise<EngineOutcome>;
  /** What another administrator would type for the same update, whoever else is at it: nothing is prepared or judged. */
  readonly upgradeByHand: (
    context: LayoutContext,
    image: BuiltImage,
    server: string,
  ) => Promise<CommandEnd>;
  /** What an administrator would type to be rid of the layer that runs. */
  readonly removeRunningByHand: (context: LayoutContext) => Promise<CommandEnd>;
  /** How the engine says that an upgrade has come to a point, by the point's name: what faults can wait for. */
  readonly marks: Readonly<Record<string, RegExp>>;
  /** Installs a package from what `server` serves. */
  readonly installPackage: (context: LayoutContext, name: string, server: string) => Promise<void>;
  readonly rollback: (context: LayoutContext, toLayer: string | null) => Promise<EngineOutcome>;
  /** Adds an argument to those that the running layer's kernel is started with, behind all others. */
  readonly addKernelArgument: (context: LayoutContext, argument: string) => Promise<void>;
  /** Leaves this many MiB where new layers are made, or on the file system of `where`. */
  readonly fill: (context: LayoutContext, args: Args<'fill'>) => Promise<Results['fill']>;
  /** Reads everything: what every base holds, and whether the store it lies in is sound. */
  readonly digest: (context: LayoutContext) => Promise<Results['digest']>;
  /** Bytes that an upgrade to this image writes to the disks, about. */
  readonly upgradeBytes: (image: BuiltImage) => number;
}

/** A layout engine's adapter: how to observe and operate a running host of that layout. */
import type { BuiltImage, LayoutId, TreeContent } from '../domain/image.ts';
import type { Outcome } from '../domain/verb.ts';
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

export interface Layout {
  readonly id: LayoutId;
  readonly observe: (context: LayoutContext, watch: readonly string[]) => Promise<HostView>;
  /** What must be served to a host so that it can take this image. */
  readonly served: (image: BuiltImage) => HttpService;
  /** Upgrades from what is served on `port` of the guest's own loopback. */
  readonly upgrade: (
    context: LayoutContext,
    image: BuiltImage,
    port: number,
  ) => Promise<EngineOutcome>;
  readonly rollback: (context: LayoutContext, toLayer: string | null) => Promise<EngineOutcome>;
  /** Leaves this many MiB where new layers are made. Resolves with what is left, in MiB. */
  readonly fill: (context: LayoutContext, leaveMiB: number) => Promise<number>;
  /** What every base holds, by name. Null: not readable. */
  readonly baseContents: (
    context: LayoutContext,
  ) => Promise<Readonly<Record<string, TreeContent | null>>>;
  /** Bytes that an upgrade to this image writes to the disks, about. */
  readonly upgradeBytes: (image: BuiltImage) => number;
}

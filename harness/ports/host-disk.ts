/** The disk of a host, and a second one if it has got one, whatever they are kept in. */
import type { DiskRule, StruckRequest } from '../domain/disk-rule.ts';
import type { Unflushed } from '../domain/fault.ts';
import type { DiskSpec } from './machine.ts';

export interface HostDisk extends AsyncDisposable {
  /** How a machine finds it, once it is there. */
  readonly spec: DiskSpec;
  /** The second one; null while there is none. */
  readonly second: DiskSpec | null;
  /** Made anew, and empty. @throws HostproofError `story/misuse` for one that cannot be */
  readonly create: (sizeBytes: number) => Promise<void>;
  /** What is the disk is the second one from then on, and the first is new and empty. No machine may use it. */
  readonly moveOver: (sizeBytes: number) => Promise<void>;
  /** Goes on from what `freeze` gave to a directory, whose files stay as they are. */
  readonly thaw: (directory: string) => Promise<void>;
  /**
   * Gives its files to a directory; no machine may use it any more. `standsAlone`: with all that they read through to the files
   * of others.
   */
  readonly freeze: (directory: string, standsAlone: boolean) => Promise<void>;
  /** Puts a text into the log of the disk, for whoever reads it; nothing, where there is none. */
  readonly mark: (text: string) => Promise<void>;
  /** Null for a disk that can do nothing but what it should. */
  readonly faults: DiskFaults | null;
  /**
   * The power goes away, and `kill` ends the machine. Nothing that the machine is answered after this was called is promised to
   * it. Null: the disk keeps all that was written, flushed or not.
   */
  readonly cut: (seed: number, kill: () => Promise<void>) => Promise<Unflushed | null>;
}

/** A disk that can be had to lie. */
export interface DiskFaults {
  /** Until what it gives is called; `onStruck` is called for each request that the rule strikes. */
  readonly arm: (
    rule: DiskRule,
    onStruck: (request: StruckRequest) => void,
  ) => Promise<() => Promise<void>>;
  /** A disk that has vanished is back. Resolves when its machine has got to it, or seems not to want to. */
  readonly comeBack: () => Promise<void>;
}

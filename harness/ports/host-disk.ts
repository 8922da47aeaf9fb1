/** The disk of a host, whatever it is kept in. */
import type { Unflushed } from '../domain/fault.ts';
import type { DiskSpec } from './machine.ts';

export interface HostDisk extends AsyncDisposable {
  /** How a machine finds it, once it is there. */
  readonly spec: DiskSpec;
  /** Made anew, and empty. */
  readonly create: (sizeBytes: number) => Promise<void>;
  /** Goes on from what `freeze` gave to a directory, whose files stay as they are. */
  readonly thaw: (directory: string) => Promise<void>;
  /**
   * Gives its files to a directory; no machine may use it any more. `standsAlone`: with all that they read through to the files
   * of others.
   */
  readonly freeze: (directory: string, standsAlone: boolean) => Promise<void>;
  /**
   * The power goes away, and `kill` ends the machine. Nothing that the machine is answered after this was called is promised to
   * it. Null: the disk keeps all that was written, flushed or not.
   */
  readonly cut: (seed: number, kill: () => Promise<void>) => Promise<Unflushed | null>;
}

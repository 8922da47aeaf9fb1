/** Where steps are kept: records, and the states of machines that they name. Several processes may share it. */
import type { KeptState, StepRecord } from '../domain/checkpoint.ts';

export interface Checkpoints {
  /** The record of this key; null if there is none. One that is damaged is told, dropped, and counts as none. */
  readonly find: <K extends StepRecord['kind']>(
    kind: K,
    key: string,
  ) => Promise<Extract<StepRecord, { kind: K }> | null>;
  /**
   * Keeps a record, whole or not at all.
   *
   * @param replaces the execution whose record this one takes the place of
   * @returns the record that is kept from now on: another one, if somebody was faster
   */
  readonly keep: <R extends StepRecord>(record: R, replaces?: string | null) => Promise<R>;
  /** From now on the step is not known. */
  readonly forget: (key: string) => Promise<void>;
  /** A new directory for a state, which is nothing until a record names it; null if there is no room for one. */
  readonly newState: () => Promise<{ readonly id: string; readonly directory: string } | null>;
  /** The state that was put into such a directory, with the digest of every file. */
  readonly sealed: (id: string, standsOn: string | null) => Promise<KeptState>;
  /**
   * The directory of a kept state, which stays while this process lives; null if the state, or one that it stands on, is gone,
   * damaged, or not where it was kept.
   */
  readonly open: (state: KeptState) => Promise<string | null>;
}

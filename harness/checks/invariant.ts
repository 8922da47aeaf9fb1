/** What must be true of a host after every step. One invariant is one file with one default export. */
import type { Deed } from '../domain/deed.ts';
import type { Ledger } from '../domain/promise.ts';
import type { HostView } from '../domain/view.ts';

export interface Judgement {
  readonly view: HostView;
  /** The view of the step before, if there was one. */
  readonly before: HostView | null;
  readonly deed: Deed;
  /** What is promised now, this step included. */
  readonly promised: Ledger;
}

export interface Invariant {
  /** Named in findings and in planted defects. */
  readonly id: string;
  /** The sentence that must be true. */
  readonly title: string;
  /** One message for each way in which it is broken; none if it holds. */
  readonly broken: (judgement: Judgement) => readonly string[];
}

/** How a fault is seen to strike, and not to. */
import type { Test } from 'tap';
import type { FaultPlan, FaultStamp } from '../../domain/fault.ts';

export interface FaultCase {
  readonly plan: FaultPlan;
  /** What its stamp says, beside its name, when it has struck. */
  readonly stamp: object;
  /** A step that it strikes, and what is seen of that. */
  readonly strikes: (t: Test) => Promise<FaultStamp | null>;
  /** One that is over before, or has nothing that could be struck; null where there is no such step. */
  readonly misses: (() => Promise<FaultStamp | null>) | null;
}

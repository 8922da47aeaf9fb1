/** How slow this machine is, so that limits made for one machine hold on another. */
import { createHash } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';

/** What the machine the limits were made for needs to hash the sample; median of many, idle. */
const REFERENCE_MS = 25;
const SAMPLE = Buffer.alloc(32 * 2 ** 20);
/** Beyond this a limit says nothing any more. */
const MOST = 8;

/** Factor for limits: 1 on the reference machine or a faster one, more on a slower or busier one. */
export function measuredSlowness(): number {
  const started = process.hrtime.bigint();
  createHash('sha256').update(SAMPLE).digest();
  const elapsedMs = Number(process.hrtime.bigint() - started) / 1e6;
  const crowding = (loadavg()[0] ?? 0) / availableParallelism();
  return Math.min(MOST, Math.max(1, elapsedMs / REFERENCE_MS, crowding));
}

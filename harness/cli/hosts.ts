/** What a run needs to know of where its hosts come from. */
import type { HostproofError } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import type { ImageFacts } from '../domain/image.ts';
import type { Job } from '../domain/plan.ts';
import type { Host } from '../ports/host.ts';

export interface HostFactory {
  /** For the report: what the hosts run on; null for the simulator. */
  readonly platform: Record<string, string> | null;
  /** Limits are multiplied by this. */
  readonly speed: number;
  readonly images: readonly ImageFacts[];
  /** Makes what is absent and takes minutes, before any story's time runs. */
  readonly prepare: (jobs: readonly Job[]) => Promise<void>;
  readonly host: (job: Job, dir: string, emit: (body: EventBody) => void) => Promise<Host>;
  /** Keeps a failed host for a person, until he lets go. */
  readonly pause: (host: Host, error: HostproofError) => Promise<void>;
}

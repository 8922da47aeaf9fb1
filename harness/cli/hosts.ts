/** What a run needs to know of where its hosts come from. */
import type { HostproofError } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import type { ImageFacts } from '../domain/image.ts';
import type { Json } from '../domain/json.ts';
import type { Job } from '../domain/plan.ts';
import type { Host } from '../ports/host.ts';

/** What a host is made by. */
export type HostSpec = Pick<
  Job,
  'id' | 'layout' | 'firmware' | 'storage' | 'memoryMiB' | 'disks' | 'defect'
>;

export interface HostFactory {
  /** For the report: what the hosts run on; null for the simulator. */
  readonly platform: Record<string, string> | null;
  /** Limits are multiplied by this. */
  readonly speed: number;
  readonly images: readonly ImageFacts[];
  /** All that a host of this job is made from and by, before its first step. */
  readonly identity: (job: HostSpec) => Json;
  /** Makes what is absent and takes minutes, before any story's time runs. */
  readonly prepare: (jobs: readonly Job[]) => Promise<void>;
  readonly host: (job: HostSpec, dir: string, emit: (body: EventBody) => void) => Promise<Host>;
  /** The private key that leads into hosts; null for the simulator. */
  readonly keyFile: string | null;
  /** Keeps a failed host for a person, until he lets go. */
  readonly pause: (host: Host, error: HostproofError) => Promise<void>;
}

/** Simulated hosts for a run. */
import { files } from '../adapters/files.ts';
import { SimulatedHost } from '../sim/host.ts';
import type { HostFactory } from './hosts.ts';
import { catalogueFacts } from '../../images/facts.ts';

export async function simulatedHosts(sha256: (text: string) => string): Promise<HostFactory> {
  const images = await catalogueFacts();
  return {
    platform: null,
    speed: 1,
    images,
    identity: () => null,
    prepare: () => Promise.resolve(),
    host: () => Promise.resolve(new SimulatedHost({ images, sha256, files })),
    keyFile: null,
    pause: () => Promise.resolve(),
  };
}

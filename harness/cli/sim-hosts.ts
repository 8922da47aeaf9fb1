/** Simulated hosts for a run. */
import { SimulatedHost } from '../sim/host.ts';
import type { HostFactory } from './hosts.ts';
import { catalogueFacts } from '../../images/facts.ts';

export async function simulatedHosts(sha256: (text: string) => string): Promise<HostFactory> {
  const images = await catalogueFacts();
  return {
    platform: null,
    speed: 1,
    images,
    prepare: () => Promise.resolve(),
    host: () => Promise.resolve(new SimulatedHost({ images, sha256 })),
    pause: () => Promise.resolve(),
  };
}

/** Steps as a story takes them, on a simulated host. */
import { catalogueFacts } from '../../images/facts.ts';
import { sha256 } from '../adapters/sha256.ts';
import { files } from '../adapters/files.ts';
import { loadInvariants } from '../cli/load.ts';
import type { HostproofError } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import type { HostView } from '../domain/view.ts';
import type { Host } from '../ports/host.ts';
import { Steps } from '../run/steps.ts';
import { SimulatedHost } from '../sim/host.ts';
import { fakeClock } from './fake-clock.ts';

export const images = await catalogueFacts();
export const invariants = await loadInvariants();

export type Spoiled = { -readonly [K in keyof Host]?: Host[K] };

/** Steps on a simulated host whose views (or verbs) are spoiled on the way. */
export function stepsOn(
  spoil: Spoiled | ((view: HostView) => HostView) = {},
  clock = fakeClock(),
): { steps: Steps; events: EventBody[] } {
  const sim = new SimulatedHost({ images, sha256, files });
  const host = new Proxy<Host>(sim, {
    get: (target, name) => {
      if (typeof spoil !== 'function' && name in spoil) return spoil[name as keyof Host];
      if (name === 'view' && typeof spoil === 'function') {
        return async (args: { watch: readonly string[] }) =>
          spoil(await target.view(args, {} as never));
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  const events: EventBody[] = [];
  const steps = new Steps({
    job: 'test',
    host,
    clock,
    invariants,
    emit: (body) => events.push(body),
    speed: 1,
    signal: new AbortController().signal,
    sha256,
    versionOf: (name) => images.find((image) => image.name === name)?.version ?? name,
  });
  return { steps, events };
}

/** What a step was rejected with. */
export const thrown = (step: Promise<unknown>): Promise<HostproofError | null> =>
  step.then(
    () => null,
    (error: unknown) => error as HostproofError,
  );

export const installed = async (steps: Steps): Promise<void> => {
  await steps.perform('install', { image: { image: '1.0' } });
  await steps.perform('boot', {});
};

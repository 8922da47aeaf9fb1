/** What a story is handed: its host, its expectations, and nothing else. */
import type { HostproofError } from '../domain/errors.ts';
import type { CommandEnd } from '../domain/fault.ts';
import type { Expect, StoryHost } from '../domain/scenario.ts';
import { defaultLayer } from '../domain/view.ts';
import type { Steps } from './steps.ts';

/** Share of a place that logs and the like may take as time goes by. */
const SPACE_TOLERANCE = 0.02;

export function storyHost(steps: Pick<Steps, 'perform'>): StoryHost {
  return {
    install: (image, options) => steps.perform('install', { image, ...options }),
    boot: (options) => steps.perform('boot', { ...options }),
    reboot: (options) => steps.perform('reboot', { ...options }),
    select: (version) => steps.perform('select', { version }),
    powerOff: (options) => steps.perform('powerOff', { ...options }),
    powerCut: (options = {}) => steps.perform('powerCut', options),
    upgrade: (image, options) => steps.perform('upgrade', { image, ...options }),
    strike: (fault) => steps.perform('strike', { fault }),
    rollback: (options) => steps.perform('rollback', { ...options }),
    write: (path, content) => steps.perform('write', { path, content }),
    remove: (path) => steps.perform('remove', { path }),
    addUser: (name, options) => steps.perform('addUser', { name, ...options }),
    addKernelArgument: (argument) => steps.perform('addKernelArgument', { argument }),
    installPackage: (name) => steps.perform('installPackage', { name }),
    fill: (options) => steps.perform('fill', options),
    settle: () => steps.perform('settle', {}),
    read: async (path) => (await steps.perform('read', { path })).content,
    digest: () => steps.perform('digest', {}),
    view: () => steps.perform('view', {}),
  };
}

/** In the words of the guest; of a command that says nothing, how it ended. */
function answered({ said, status }: CommandEnd): string {
  return said === '' ? `status ${String(status)}` : said;
}

export function expectations(steps: Steps, misuse: (message: string) => HostproofError): Expect {
  const view = (): NonNullable<Steps['lastView']> => {
    if (steps.lastView === null) throw misuse('expect needs a host that was booted');
    return steps.lastView;
  };
  const same = (name: string, what: string, is: string, must: string): void => {
    if (is !== must)
      throw steps.finding(`expect.${name}`, `${what} is ${is}, expected was ${must}`);
  };
  const said = (name: string, is: string | null, words: RegExp): void => {
    if (is !== null && words.test(is)) return;
    const message = `the ${name} is ${JSON.stringify(is)}, expected was one with ${String(words)}`;
    throw steps.finding(`expect.${name}`, message);
  };
  return {
    layer: (version) => {
      same('layer', 'the running version', view().version, version);
    },
    reason: ({ reason }, words) => {
      said('reason', reason, words);
    },
    answer: ({ stamp }, words) => {
      const second = stamp !== null && 'second' in stamp ? stamp.second : undefined;
      said('answer', second === undefined ? null : answered(second), words);
    },
    defaultLayer: (version) => {
      const seen = view();
      const layer = seen.layers.find((candidate) => candidate.id === defaultLayer(seen));
      same('defaultLayer', 'the version that starts by default', layer?.version ?? 'none', version);
    },
    layers: (...versions) => {
      const seen = view().layers.map((layer) => layer.version);
      same('layers', 'the list of versions', seen.join(', '), versions.join(', '));
    },
    kernelArguments: (...args) => {
      const seen = view().kernelArguments.filter((argument) => args.includes(argument));
      same('kernelArguments', 'the order of kernel arguments', seen.join(' '), args.join(' '));
    },
    spaceAsIn: ({ space: then }) => {
      const now = view().space;
      for (const place of ['boot', 'layers'] as const) {
        const grownMiB = now[place].usedMiB - then[place].usedMiB;
        if (grownMiB <= now[place].sizeMiB * SPACE_TOLERANCE) continue;
        const message = `${place}: ${now[place].usedMiB.toString()} MiB in use, there were ${then[place].usedMiB.toString()}`;
        throw steps.finding('expect.spaceAsIn', message);
      }
    },
    users: (...names) => {
      const seen = view().users.map((user) => user.split(':')[0] ?? '');
      const missing = names.filter((name) => !seen.includes(name));
      same('users', 'the list of missing accounts', missing.join(', '), '');
    },
    file: async (path, content) => {
      const { content: seen } = await steps.perform('read', { path });
      same('file', path, JSON.stringify(seen), JSON.stringify(content));
    },
  };
}

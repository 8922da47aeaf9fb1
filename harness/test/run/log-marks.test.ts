/** What the log of a disk says of the steps and of how far they had come. */
import t from 'tap';
import type { Host, StepContext } from '../../ports/host.ts';
import type { HostDisk } from '../../ports/host-disk.ts';
import { abortable } from '../../run/abortable.ts';
import { marksLines, marksSteps } from '../../run/log-marks.ts';
import { machineHost, type MachineHostOptions } from '../../run/machine-host.ts';
import { fakeClock } from '../fake-clock.ts';
import { scripted, type Moment } from './scripted-machine.ts';

function log(): { readonly texts: string[]; readonly mark: (text: string) => Promise<void> } {
  const texts: string[] = [];
  return {
    texts,
    mark: (text) => {
      texts.push(text);
      return Promise.resolve();
    },
  };
}

const CONTEXT = { signal: new AbortController().signal } as Partial<StepContext> as StepContext;

/** A host with private state, as real ones have. */
class Hosted {
  readonly machine = 'sim';
  readonly #texts: string[];
  constructor(texts: string[]) {
    this.#texts = texts;
  }
  write({ path }: { readonly path: string }): Promise<object> {
    this.#texts.push(`writes ${path.slice(0, 20)}`);
    return path === '/bad' ? Promise.reject(new Error('it fails')) : Promise.resolve({});
  }
  read(): Promise<object> {
    this.#texts.push('reads');
    return Promise.resolve({});
  }
  state(): string {
    return `after ${this.#texts.length.toString()}`;
  }
}

t.test('acts are between two marks, however they end; nothing else is', async (t) => {
  const { texts, mark } = log();
  const host = marksSteps(new Hosted(texts) as unknown as Host, { mark });
  await host.write({ path: '/etc/motd', content: 'x' }, CONTEXT);
  await host.read({ path: '/etc/motd' }, CONTEXT);
  await t.rejects(host.write({ path: '/bad', content: 'x' }, CONTEXT), /it fails/);
  t.same(texts, [
    'begin write {"content":"x","path":"/etc/motd"}',
    'writes /etc/motd',
    'end write',
    'reads',
    'begin write {"content":"x","path":"/bad"}',
    'writes /bad',
    'end write',
  ]);
  t.equal(host.state(), 'after 7');
  t.equal(host.machine, 'sim');
});

t.test('a mark is short, whatever is written', async (t) => {
  const { texts, mark } = log();
  const host = marksSteps(new Hosted([]) as unknown as Host, { mark });
  await host.write({ path: '/etc/motd', content: 'x'.repeat(60_000) }, CONTEXT);
  t.same(
    texts.map((text) => text.length),
    [200, 'end write'.length],
  );
});

t.test('a log that is gone is not the fault of the step', async (t) => {
  const gone = { mark: () => Promise.reject(new Error('the server is gone')) };
  const host = marksSteps(new Hosted([]) as unknown as Host, gone);
  t.same(await host.write({ path: '/etc/motd', content: 'x' }, CONTEXT), {});
  marksLines(gone, { loader: /GRUB/ })('Welcome to GRUB!');
  await new Promise(setImmediate);
});

t.test('a log that hangs holds no step beyond its limit', async (t) => {
  const hanging = { mark: () => new Promise<never>(() => undefined) };
  const texts: string[] = [];
  const host = marksSteps(new Hosted(texts) as unknown as Host, hanging);
  const limit = new AbortController();
  const step = host.write({ path: '/bad', content: 'x' }, { ...CONTEXT, signal: limit.signal });
  await new Promise(setImmediate);
  t.same(texts, [], 'the mark comes first');
  limit.abort(new Error('its time is over'));
  await t.rejects(step, /it fails/, 'and the step says how it ends');
});

t.test('a guest that says the same forever makes one mark', (t) => {
  const { texts, mark } = log();
  const hears = marksLines({ mark }, { loader: /GRUB/, kernel: /Linux version/ });
  for (const line of ['BdsDxe', 'Welcome to GRUB!', 'GRUB', 'Linux version 6', 'GRUB']) hears(line);
  t.same(texts, ['loader', 'kernel']);
  t.end();
});

t.test('a host marks what it does, and its machine what a start has come to', async (t) => {
  const { texts, mark } = log();
  const disk = { spec: {}, faults: null, mark } as unknown as HostDisk;
  const clock = fakeClock();
  const says = ['Welcome to GRUB!', '[ 0.0] Linux version 6.1', '[ 2.1] Run /init as init process'];
  const script = [...says.map((line) => ({ atMs: 1, says: line })), { atMs: 2, stops: 'shutdown' }];
  const hypervisor = scripted(clock, [script as Moment[]]);
  const host = machineHost({
    ...{ job: 'story', dir: '/job', memoryMiB: 512, disk, hypervisor, clock },
    ...{ onSymptom: () => undefined, files: { remove: () => Promise.resolve() } },
    connect: ({ signal }: { readonly signal: AbortSignal }) =>
      abortable(new Promise<never>(() => undefined), signal),
  } as unknown as MachineHostOptions);
  const context = { ...CONTEXT, limitMs: 1000, progress: () => undefined };
  await t.rejects(host.boot({}, context), /shutdown/);
  t.same(texts, ['begin boot {}', 'loader', 'kernel', 'initramfs', 'end boot']);
});

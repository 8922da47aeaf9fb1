/**
 * The two halves of an installation: the medium, followed until it has installed or never will, and the installed host
 * without it.
 */
import { HostproofError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { DiskSpec, Hypervisor, MachineSpec, RunningMachine } from '../ports/machine.ts';
import type { Emit } from '../ports/sink.ts';
import { loginPrompt } from './came-up.ts';
import { abortable } from './installing.ts';
import { ProgressWatch } from './progress-watch.ts';
import { Scope } from './scope.ts';
import { watching, type SeenSymptom } from './symptom-watch.ts';

export interface PhaseOptions {
  readonly job: string;
  /** Directory of the job; each of the two machines gets one below it. */
  readonly dir: string;
  readonly medium: string;
  /** A disk image with label OEMDRV; null: the medium brings its own kickstart, or a person answers. */
  readonly kickstartVolume: string | null;
  readonly disks: readonly { readonly file: string; readonly sizeBytes: number }[];
  readonly machine: Pick<MachineSpec, 'memoryMiB' | 'cpus' | 'firmware'>;
  readonly vncSocket: string | null;
  /** A person is at the machine: prompts and standstill are his business. */
  readonly isAttended: boolean;
  readonly stallMs: number;
  readonly hypervisor: Hypervisor;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Resolves when a banner comes from the guest's ssh. `closedPort` leads to a port where nothing listens. */
  readonly sshAnswers: (
    ports: { readonly port: number; readonly closedPort: number },
    signal: AbortSignal,
  ) => Promise<void>;
  /** Called with each machine that was started: a person may want to get at it. */
  readonly onMachine: (machine: RunningMachine, dir: string) => void;
  /** Called after a failure, before the machine goes away. */
  readonly onFailure: (machine: RunningMachine, dir: string) => Promise<void>;
}

const SSH_PORT = 22;
/** The discard service: nobody offers it any more. */
const CLOSED_PORT = 9;

/** Boots the medium; resolves when the installer has ended the machine or has asked for a restart. */
export async function install(options: PhaseOptions, signal: AbortSignal): Promise<Json> {
  const { hypervisor, medium, kickstartVolume } = options;
  for (const { file, sizeBytes } of options.disks) await hypervisor.createDisk(file, sizeBytes);
  const cdrom: DiskSpec = {
    id: 'medium',
    file: medium,
    format: 'raw',
    kind: 'cdrom',
    readOnly: true,
    bootIndex: 0,
  };
  const disks = [...targets(options), ...oemdrv(kickstartVolume), cdrom];
  // With a port forwarded the machine has a network card, which kickstarts may name; it leads nowhere.
  const spec = { disks, forward: [SSH_PORT], stopOnReboot: true };
  return withMachine(options, 'install', spec, async (machine) => {
    const progress = followInstaller(machine, options);
    let bytesWritten = 0;
    try {
      const end = await followed(machine, options, 'installing', signal, async (given, watch) => {
        const stop = await abortable(machine.stopped, given);
        bytesWritten = watch.bytesWritten;
        return stop;
      });
      if (end.reason !== 'shutdown' && end.reason !== 'reset') {
        throw new HostproofError(
          'host/install',
          `the machine ended by ${end.reason} ${end.detail}`,
        );
      }
      if (bytesWritten === 0) {
        throw new HostproofError('host/install', 'the machine was switched off with empty disks');
      }
      return { ended: end.reason, bytesWritten };
    } finally {
      progress();
    }
  });
}

/** Boots what was installed, without the medium; resolves when there is a sign that it is up. */
export async function boot(options: PhaseOptions, signal: AbortSignal): Promise<Json> {
  const spec = { disks: targets(options), forward: [SSH_PORT, CLOSED_PORT], stopOnReboot: false };
  return withMachine(options, 'boot', spec, (machine) =>
    followed(machine, options, 'booting', signal, async (given) => {
      const ports = {
        port: machine.forwarded(SSH_PORT),
        closedPort: machine.forwarded(CLOSED_PORT),
      };
      const sign = await Promise.race([
        options.sshAnswers(ports, given).then(() => 'ssh answers'),
        loginPrompt(machine.console, given).then(() => 'a login prompt on the console'),
      ]);
      return { up: sign };
    }),
  );
}

function targets({ disks }: PhaseOptions): DiskSpec[] {
  return disks.map(({ file }, index) => ({
    id: `disk${index.toString()}`,
    file,
    format: 'qcow2',
    kind: 'disk',
    bootIndex: index + 1, // behind the medium
  }));
}

function oemdrv(file: string | null): DiskSpec[] {
  if (file === null) return [];
  return [{ id: 'oemdrv', file, format: 'raw', kind: 'disk', readOnly: true }];
}

async function withMachine<T>(
  options: PhaseOptions,
  name: string,
  spec: Pick<MachineSpec, 'disks' | 'forward' | 'stopOnReboot'>,
  body: (machine: RunningMachine) => Promise<T>,
): Promise<T> {
  return Scope.run(async (scope) => {
    const dir = `${options.dir}/${name}`;
    const machine = scope.own(
      await options.hypervisor.start({
        ...options.machine,
        ...spec,
        name: `${options.job}-${name}`,
        dir,
        variablesFile: `${options.dir}/vars.fd`,
        ...(options.vncSocket === null ? {} : { vncSocket: options.vncSocket }),
      }),
    );
    options.onMachine(machine, dir);
    try {
      return await body(machine);
    } catch (error) {
      if (!options.signal.aborted) await options.onFailure(machine, dir);
      throw error;
    }
  });
}

/** The body, unless the console or a standstill shows that it will never come to its end. */
async function followed<T>(
  machine: RunningMachine,
  options: PhaseOptions,
  what: string,
  signal: AbortSignal,
  body: (signal: AbortSignal, watch: ProgressWatch) => Promise<T>,
): Promise<T> {
  const { clock, stallMs, isAttended } = options;
  const onSymptom = ({ symptom, line }: SeenSymptom): void => {
    options.emit({ type: 'symptom', job: options.job, step: null, id: symptom.id, line });
  };
  const given = { what, mayStop: what === 'installing', isAttended, onSymptom, signal };
  return watching(machine, given, async (ended) => {
    const watch = new ProgressWatch(machine, { what, clock, stallMs, isAttended, signal: ended });
    const hopeless = watch.run();
    hopeless.catch(() => undefined); // observed through the race; may lose it
    return Promise.race([body(ended, watch), hopeless]);
  });
}

/** Says what installers say that hostproof knows: its own, and Anaconda. */
function followInstaller(machine: RunningMachine, options: PhaseOptions): () => void {
  const patterns = [
    /installer: (\[\d+\/\d+\] .*)/,
    /^(Starting installer, .*|Setting up the installation environment.*|Creating \w+ on .*|Installing (the |boot)?\w.*|Configuring .*|Performing post-installation .*|Running (pre|post)-.*script.*|Starting package installation.*)/,
  ];
  return machine.console.onLine((line) => {
    const text = patterns.map((pattern) => pattern.exec(line)?.[1]).find(Boolean);
    if (text === undefined) return;
    options.emit({ type: 'step.progress', job: options.job, step: 1, text: text.slice(0, 120) });
  });
}

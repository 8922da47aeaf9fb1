/**
 * The two halves of an installation: the medium, followed until it has installed or never will, and the installed host
 * without it.
 */
import type { Json } from '../domain/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { DiskSpec, Hypervisor, MachineSpec, RunningMachine } from '../ports/machine.ts';
import type { Emit } from '../ports/sink.ts';
import { loginPrompt } from './came-up.ts';
import { followed, type FollowOptions } from './followed.ts';
import { lastWords } from './last-words.ts';
import { followMedium, mediumSpec } from './medium.ts';
import { Scope } from './scope.ts';
import type { SeenSymptom } from './symptom-watch.ts';

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
  // With a port forwarded the machine has a network card, which kickstarts may name; it leads nowhere.
  const spec = {
    ...mediumSpec({ file: medium, kickstartVolume }, targets(options)),
    forward: [SSH_PORT],
  };
  return withMachine(options, 'install', spec, (machine) =>
    followMedium(machine, {
      ...following(options, signal),
      onProgress: (text) => {
        options.emit({ type: 'step.progress', job: options.job, step: 1, text });
      },
    }),
  );
}

/** Boots what was installed, without the medium; resolves when there is a sign that it is up. */
export async function boot(options: PhaseOptions, signal: AbortSignal): Promise<Json> {
  const spec = { disks: targets(options), forward: [SSH_PORT, CLOSED_PORT], stopOnReboot: false };
  return withMachine(options, 'boot', spec, (machine) =>
    followed(machine, { ...following(options, signal), what: 'booting' }, async (given) => {
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
      if (!options.signal.aborted) {
        await lastWords(machine, options.clock);
        await options.onFailure(machine, dir);
      }
      throw error;
    }
  });
}

function following(
  { clock, emit, isAttended, job, stallMs }: PhaseOptions,
  signal: AbortSignal,
): Omit<FollowOptions, 'what'> {
  const onSymptom = ({ symptom, line }: SeenSymptom): void => {
    emit({ type: 'symptom', job, step: null, id: symptom.id, line });
  };
  return { clock, stallMs, isAttended, onSymptom, signal };
}

/** Installs a host from its medium, unattended. */
import { HostproofError } from '../domain/errors.ts';
import type { BuiltImage } from '../domain/image.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostDisk } from '../ports/host-disk.ts';
import type { StepContext } from '../ports/host.ts';
import type { KickstartVolumes } from '../ports/kickstart-volumes.ts';
import type { Hypervisor, MachineSpec } from '../ports/machine.ts';
import { followMedium, mediumSpec } from './medium.ts';
import { Scope } from './scope.ts';
import type { SeenSymptom } from './symptom-watch.ts';

export interface Installation {
  readonly image: BuiltImage;
  readonly kickstart: string;
  readonly diskBytes: number;
  /** Working directory for this installation. */
  readonly dir: string;
  /** Made anew. */
  readonly disk: Pick<HostDisk, 'create' | 'spec'>;
  readonly variables: string;
  readonly machine: Pick<MachineSpec, 'name' | 'memoryMiB' | 'cpus' | 'firmware'>;
  readonly hypervisor: Pick<Hypervisor, 'start'>;
  readonly volumes: KickstartVolumes;
  readonly clock: Clock;
  readonly onSymptom: (seen: SeenSymptom) => void;
}

/** Resolves when the host is installed and off. */
export async function install(installation: Installation, context: StepContext): Promise<void> {
  const { clock, dir, disk, hypervisor, image, volumes } = installation;
  const { iso } = image;
  if (iso === null) {
    throw new HostproofError('story/argument', `image ${image.name} has no installation medium`);
  }
  const kickstartVolume = `${dir}/oemdrv.img`;
  await disk.create(installation.diskBytes);
  await volumes.write(kickstartVolume, installation.kickstart);
  await Scope.run(async (scope) => {
    const machine = scope.own(
      await hypervisor.start({
        ...installation.machine,
        ...mediumSpec({ file: iso.path, kickstartVolume }, [disk.spec]),
        dir,
        variablesFile: installation.variables,
        forward: [],
      }),
    );
    await followMedium(machine, {
      clock,
      stallMs: context.limitMs,
      isAttended: false,
      onSymptom: installation.onSymptom,
      onProgress: context.progress,
      signal: context.signal,
    });
  });
}

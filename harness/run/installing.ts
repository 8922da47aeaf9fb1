/** Installs a host from its medium, or forks the same installation if it is kept already. */
import { HostproofError, messageOf } from '../domain/errors.ts';
import type { BuiltImage } from '../domain/image.ts';
import { canonical } from '../domain/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { StepContext } from '../ports/host.ts';
import type { InstalledHost, InstalledHosts, KickstartVolumes } from '../ports/installed.ts';
import type { Hypervisor, MachineSpec } from '../ports/machine.ts';
import { abortable } from './abortable.ts';
import { followMedium, mediumSpec } from './medium.ts';
import { Scope } from './scope.ts';
import type { SeenSymptom } from './symptom-watch.ts';

export interface InstallerOptions {
  readonly hypervisor: Hypervisor;
  /** What identifies the hypervisor and the firmware. */
  readonly platform: Readonly<Record<string, string>>;
  readonly sha256: (text: string) => string;
  readonly installed: InstalledHosts;
  readonly volumes: KickstartVolumes;
  readonly clock: Clock;
}

export interface Installation {
  readonly image: BuiltImage;
  readonly kickstart: string;
  readonly diskBytes: number;
  /** Working directory for this installation. */
  readonly dir: string;
  readonly machine: Pick<MachineSpec, 'name' | 'memoryMiB' | 'cpus' | 'firmware'>;
  readonly fresh: boolean;
  readonly onSymptom: (seen: SeenSymptom) => void;
}

/** One for a run: stories that start alike wait for one installation. */
export class Installer {
  readonly #options: InstallerOptions;
  readonly #pending = new Map<string, Promise<InstalledHost>>();

  constructor(options: InstallerOptions) {
    this.#options = options;
  }

  /** @returns the kept installation, and whether it was there before */
  async installed(
    installation: Installation,
    context: StepContext,
  ): Promise<{ readonly host: InstalledHost; readonly shared: boolean }> {
    const key = this.#keyOf(installation);
    const pending = this.#pending.get(key);
    if (pending !== undefined && !installation.fresh) {
      context.progress('waiting for the installation of another story');
      return { host: await shared(pending, context.signal), shared: true };
    }
    if (!installation.fresh) {
      const kept = await this.#options.installed.find(key);
      if (kept !== null) return { host: kept, shared: true };
    }
    const made = this.#pending.get(key);
    if (made !== undefined && !installation.fresh) {
      return { host: await shared(made, context.signal), shared: true };
    }
    const making = this.#install(installation, key, context);
    this.#pending.set(key, making);
    return { host: await making, shared: false };
  }

  /** Everything that can change what comes out, hashed. */
  #keyOf({ image, kickstart, diskBytes, machine }: Installation): string {
    const { platform, sha256 } = this.#options;
    return sha256(
      canonical({
        format: 1,
        platform: { ...platform },
        iso: image.iso?.sha256,
        kickstart,
        diskBytes,
        machine: { ...machine, name: undefined },
      }),
    );
  }

  async #install(
    installation: Installation,
    key: string,
    context: StepContext,
  ): Promise<InstalledHost> {
    const { clock, hypervisor, installed, volumes } = this.#options;
    const { dir, image } = installation;
    if (image.iso === null) {
      throw new HostproofError('story/argument', `image ${image.name} has no installation medium`);
    }
    const made: InstalledHost = {
      disk: `${dir}/installed.qcow2`,
      variables: `${dir}/installed-vars.fd`,
    };
    const kickstartVolume = `${dir}/oemdrv.img`;
    await hypervisor.createDisk(made.disk, installation.diskBytes);
    await volumes.write(kickstartVolume, installation.kickstart);
    const target = { id: 'disk0', file: made.disk, format: 'qcow2', kind: 'disk' } as const;
    await Scope.run(async (scope) => {
      const machine = scope.own(
        await hypervisor.start({
          ...installation.machine,
          ...mediumSpec({ file: image.iso?.path ?? '', kickstartVolume }, [target]),
          dir,
          variablesFile: made.variables,
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
    return installed.publish(key, made);
  }
}

async function shared(
  pending: Promise<InstalledHost>,
  signal: AbortSignal,
): Promise<InstalledHost> {
  try {
    return await abortable(pending, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const code = error instanceof HostproofError ? error.code : 'harness/internal';
    throw new HostproofError(
      code,
      `the installation shared with other stories failed: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

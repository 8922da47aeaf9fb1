/** A machine that is installed from a medium: what it has, and following it until it has installed or never will. */
import { HostproofError } from '../domain/errors.ts';
import type { DiskSpec, MachineSpec, RunningMachine, StopReason } from '../ports/machine.ts';
import { abortable } from './abortable.ts';
import { followed, type FollowOptions } from './followed.ts';

export interface Medium {
  readonly file: string;
  /** A disk image with label OEMDRV; null: the medium brings its own kickstart, or a person answers. */
  readonly kickstartVolume: string | null;
}

/** The targets, then the kickstart, then the medium, which starts first. */
export function mediumSpec(
  medium: Medium,
  targets: readonly DiskSpec[],
): Pick<MachineSpec, 'disks' | 'stopOnReboot'> {
  const readOnly = { format: 'raw', readOnly: true } as const;
  const cdrom = { id: 'medium', file: medium.file, kind: 'cdrom', bootIndex: 0 } as const;
  const oemdrv: DiskSpec[] =
    medium.kickstartVolume === null
      ? []
      : [{ id: 'oemdrv', file: medium.kickstartVolume, kind: 'disk', ...readOnly }];
  return { disks: [...targets, ...oemdrv, { ...cdrom, ...readOnly }], stopOnReboot: true };
}

/** Resolves when the installer has ended the machine or has asked for a restart. */
export async function followMedium(
  machine: RunningMachine,
  options: Omit<FollowOptions, 'what' | 'mayStop'> & {
    readonly onProgress: (text: string) => void;
  },
): Promise<{ readonly ended: StopReason; readonly bytesWritten: number }> {
  const unsubscribe = machine.console.onLine((line) => {
    const text = INSTALLERS_SAY.map((pattern) => pattern.exec(line)?.[1]).find(Boolean);
    if (text !== undefined) options.onProgress(text.slice(0, 120));
  });
  try {
    const following = { ...options, what: 'installing', mayStop: true };
    const end = await followed(machine, following, async (signal, watch) => {
      const { reason, detail } = await abortable(machine.stopped, signal);
      return { reason, detail, bytesWritten: watch.bytesWritten };
    });
    if (end.reason !== 'shutdown' && end.reason !== 'reset') {
      throw new HostproofError('host/install', `the machine ended by ${end.reason} ${end.detail}`);
    }
    if (end.bytesWritten === 0) {
      throw new HostproofError('host/install', 'the machine was switched off with empty disks');
    }
    return { ended: end.reason, bytesWritten: end.bytesWritten };
  } finally {
    unsubscribe();
  }
}

/** What installers say that hostproof knows: its own, and Anaconda. */
const INSTALLERS_SAY = [
  /installer: (\[\d+\/\d+\] .*)/,
  /^(Starting installer, .*|Setting up the installation environment.*|Creating \w+ on .*|Installing (the |boot)?\w.*|Configuring .*|Performing post-installation .*|Running (pre|post)-.*script.*|Starting package installation.*)/,
];

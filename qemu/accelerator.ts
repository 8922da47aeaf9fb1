/** KVM or TCG: decided by running a guest, because a `/dev/kvm` that opens proves nothing. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { HostproofError, messageOf } from '../harness/domain/errors.ts';
import type { AcceleratorChoice } from './description.ts';
import { PROBE_ANSWER, probeDisk } from './probe-guest.ts';
import { startMachine } from './start.ts';

export type AcceleratorVerdict = AcceleratorChoice & {
  /** Why it is this one, for the report. */
  readonly reason: string;
};

export interface Probe {
  readonly qemuBinary: string;
  readonly setprivBinary: string;
}

/** The processor of TCG: a feature-poor one saves a quarter of the time to a shell. */
const CHOICES: readonly AcceleratorChoice[] = [
  { kind: 'kvm', cpuModel: 'host' },
  { kind: 'tcg', cpuModel: 'Nehalem' },
];

/** The probe guest answers within 0.2 s; a nested or busy machine may take its time. */
const ANSWER_DEADLINE_MS: Readonly<Record<AcceleratorChoice['kind'], number>> = {
  kvm: 5_000,
  tcg: 30_000,
};

/**
 * The first accelerator under which the probe guest answers.
 *
 * @throws HostproofError `env/no-accelerator` with what was tried; `env/disk-full` if the probe has no room
 */
export async function probeAccelerator(probe: Probe): Promise<AcceleratorVerdict> {
  const failures: string[] = [];
  for (const choice of CHOICES) {
    const failure = await runProbeGuest(choice, probe);
    if (failure === undefined) {
      const proven = `a guest ran under ${choice.kind.toUpperCase()}`;
      return { ...choice, reason: [proven, ...failures].join('; ') };
    }
    failures.push(`${choice.kind.toUpperCase()} does not work: ${failure}`);
  }
  throw new HostproofError('env/no-accelerator', failures.join('; '));
}

/** What went wrong; undefined if the guest answered. */
async function runProbeGuest(choice: AcceleratorChoice, probe: Probe): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-probe-'));
  try {
    const file = join(directory, 'probe.raw');
    await writeFile(file, probeDisk());
    await using machine = await startMachine({
      ...probe,
      directory,
      machine: {
        name: `probe-${choice.kind}`,
        accelerator: choice,
        memoryMiB: 32,
        cpus: 1,
        firmware: { kind: 'bios' },
        disks: [{ id: 'probe', file, format: 'raw', bootIndex: 0 }],
      },
    });
    const answered = new Promise<undefined>((resolve) => {
      machine.console.onLine((line) => {
        if (line === PROBE_ANSWER) resolve(undefined);
      });
    });
    const stopped = machine.stopped.then(({ detail }) => detail);
    return await withDeadline(Promise.race([answered, stopped]), ANSWER_DEADLINE_MS[choice.kind]);
  } catch (error) {
    if (error instanceof HostproofError && error.code === 'env/disk-full') throw error;
    return messageOf(error);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function withDeadline(
  answer: Promise<string | undefined>,
  deadlineMs: number,
): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(() => {
      resolve(`the guest was silent for ${String(deadlineMs / 1000)} s`);
    }, deadlineMs);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}

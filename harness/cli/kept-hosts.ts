/**
 * Hosts that are kept with a job for a person to enter, frozen as they were after a step: `hosts/<step>/` in the job's directory.
 * They need nothing but what is in there.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { files } from '../adapters/files.ts';
import { HOST_STATES } from '../domain/checkpoint.ts';
import type { Host } from '../ports/host.ts';

/** Says which state the host is in, and is written last: without it there is nothing. */
const FILE = 'host.json';
const schema = z.object({ state: z.enum(HOST_STATES) });

export interface KeptHost extends z.infer<typeof schema> {
  /** With what `freeze` has written. */
  readonly directory: string;
}

/** The host is gone then: it can go on from what is kept. */
export async function keepHost(host: Host, jobDirectory: string, step: number): Promise<KeptHost> {
  const directory = directoryOf(jobDirectory, step);
  const state = host.state();
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  try {
    await host.freeze(directory, { standsAlone: true });
    await files.write(join(directory, FILE), JSON.stringify({ state }));
  } catch (error) {
    // half of it is of no use, and large
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  return { state, directory };
}

/** Null: it is not kept. */
export async function keptHost(jobDirectory: string, step: number): Promise<KeptHost | null> {
  const directory = directoryOf(jobDirectory, step);
  const text = await files.read(join(directory, FILE));
  return text === null ? null : { ...schema.parse(JSON.parse(text)), directory };
}

function directoryOf(jobDirectory: string, step: number): string {
  return join(jobDirectory, 'hosts', step.toString());
}

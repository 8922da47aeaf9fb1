/** What a failed job leaves for a person to enter: its host, frozen as it was when the job failed. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { files } from '../adapters/files.ts';
import { HOST_STATES } from '../domain/checkpoint.ts';
import { messageOf } from '../domain/errors.ts';
import type { EventBody } from '../domain/event.ts';
import type { Host } from '../ports/host.ts';

/** In the job's directory. */
const DIRECTORY = 'failed';
const FILE = 'failure.json';

const failureSchema = z.object({ step: z.number().int(), host: z.enum(HOST_STATES) });

export interface Failure extends z.infer<typeof failureSchema> {
  /** With what `freeze` has written. */
  readonly directory: string;
}

/** That it cannot be kept is told, and hides nothing of the failure itself. */
export async function keepFailure(
  host: Host,
  step: number,
  jobDirectory: string,
  emit: (body: EventBody) => void,
): Promise<void> {
  const state = host.state();
  if (host.machine === 'sim' || state === 'none') return;
  const directory = join(jobDirectory, DIRECTORY);
  try {
    await mkdir(directory);
    await host.freeze(directory);
    await files.write(join(directory, FILE), JSON.stringify({ step, host: state }));
  } catch (error) {
    emit({ type: 'run.note', text: `the failed host is not kept: ${messageOf(error)}` });
  }
}

/** Null: the job did not leave one. */
export async function failureOf(jobDirectory: string): Promise<Failure | null> {
  const directory = join(jobDirectory, DIRECTORY);
  const text = await files.read(join(directory, FILE));
  return text === null ? null : { ...failureSchema.parse(JSON.parse(text)), directory };
}

/** How long jobs take when all their steps are done, from the runs so far: the longest of a run begin first. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from './atomic-file.ts';

const schema = z.record(z.string(), z.number().positive());

export class Durations {
  readonly #file: string;
  #known: Readonly<Record<string, number>>;
  readonly #seen: Record<string, number> = {};

  private constructor(file: string, known: Readonly<Record<string, number>>) {
    this.#file = file;
    this.#known = known;
  }

  static async in(cacheDirectory: string): Promise<Durations> {
    const file = join(cacheDirectory, 'durations.json');
    return new Durations(file, await read(file));
  }

  /** Milliseconds; null for a job that was never told to its end. */
  of(job: string): number | null {
    return this.#known[job] ?? null;
  }

  see(job: string, durationMs: number): void {
    this.#seen[job] = Math.max(1, Math.round(durationMs));
  }

  /** Keeps what was seen; what others have seen meanwhile stays. */
  async save(): Promise<void> {
    this.#known = { ...(await read(this.#file)), ...this.#seen };
    await writeAtomically(this.#file, `${JSON.stringify(this.#known)}\n`);
  }
}

async function read(file: string): Promise<Record<string, number>> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {}; // without it the order is another one, and nothing else
  }
}

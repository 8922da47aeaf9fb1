/** What keeping a running host costs: how long it stands still, and how long it takes until it is kept. */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { z } from 'zod';
import { CheckpointStore } from '../harness/adapters/checkpoints/store.ts';
import { sha256 } from '../harness/adapters/sha256.ts';
import { machineHosts } from '../harness/cli/machine-hosts.ts';
import { say } from '../harness/cli/output.ts';
import { STORAGES } from '../harness/domain/variant.ts';
import type { Host, StepContext } from '../harness/ports/host.ts';
import type { Measure } from './measure.ts';
import { mebibytes, row, seconds, summary, within } from './statistics.ts';

const STANDSTILL_MS_MAX = 500;
const WHOLE_MS_MAX = 2000;
/** Beside the memory that the guest has touched. */
const OVERHEAD_BYTES_MAX = 10 * 2 ** 20;
const LIMIT_MS = 300_000;

interface Saved {
  /** From the stop of the processors of one QEMU until those of the next run, as the two say themselves. */
  readonly standstillMs: number;
  /** From the wish; with the farewell to the guest's ssh, during which it runs. */
  readonly awayMs: number;
  readonly wholeMs: number;
}

export const measureSaves: Measure = async ({ prepared, pairs, work }) => {
  const { state } = await prepared();
  const { signal } = new AbortController();
  const factory = await machineHosts({
    seed: 0,
    sha256,
    signal,
  });
  const job = { id: 'save', layout: 'thin', firmware: 'uefi', storage: STORAGES[0] } as const;
  const dir = join(work, 'save');
  await mkdir(dir);
  await using host = await factory.host({ ...job, memoryMiB: 1024 }, dir, () => undefined);
  const context: StepContext = {
    ...{ limitMs: LIMIT_MS, signal, progress: () => undefined, lastView: null },
    ...{ willFreeze: true, recalled: () => undefined, aside: (body) => body(context) },
  };
  await host.thaw(state, 'off', context);
  await host.boot({}, context);
  // a cache of its own: nobody else is to find these
  const store = new CheckpointStore(join(work, 'cache'), { budgetBytes: null, onNote: say });
  const saves: Saved[] = [];
  let overheadBytes = 0;
  for (let time = 1; time <= pairs; time++) {
    const place = await store.newState();
    if (place === null) throw new Error('there is no room for a checkpoint');
    saves.push(await save(host, place, store, context, join(dir, 'qmp.jsonl')));
    overheadBytes = Math.max(overheadBytes, await besideMemory(place.directory));
    process.stderr.write(`save ${time.toString()}: ${seconds(saves.at(-1)?.wholeMs ?? 0)}\n`);
  }
  const standstill = saves.map(({ standstillMs }) => standstillMs);
  const away = saves.map(({ awayMs }) => awayMs);
  const whole = saves.map(({ wholeMs }) => wholeMs);
  const verdicts = {
    standstill: within(summary(standstill).median, STANDSTILL_MS_MAX),
    whole: within(summary(whole).median, WHOLE_MS_MAX),
    overhead: within(overheadBytes, OVERHEAD_BYTES_MAX),
  };
  return {
    ...{
      standstillMs: summary(standstill),
      awayMs: summary(away),
      wholeMs: summary(whole),
      overheadBytes,
    },
    judged: verdicts,
    table: [
      'keeping a running host of 1 GiB, which goes on and can be kept again',
      row('stands still', standstill),
      row('until it runs again', away),
      row('until it is kept', whole),
      `  stands still at most ${seconds(STANDSTILL_MS_MAX)}: ${verdicts.standstill}`,
      `  kept in at most ${seconds(WHOLE_MS_MAX)}: ${verdicts.whole}`,
      `  ${mebibytes(overheadBytes)} beside the touched memory and the disk's changes, at most ${mebibytes(OVERHEAD_BYTES_MAX)}: ${verdicts.overhead}`,
    ],
  };
};

async function save(
  host: Host,
  { id, directory }: { readonly id: string; readonly directory: string },
  store: CheckpointStore,
  context: StepContext,
  transcript: string,
): Promise<Saved> {
  const wished = performance.now();
  await host.freeze(directory);
  const { answers } = await host.thaw(directory, 'running', context);
  const awayMs = performance.now() - wished;
  const kept = store.sealed(id, null).then(() => performance.now() - wished);
  const [wholeMs] = await Promise.all([kept, answers]);
  return { standstillMs: await lastStandstill(transcript), awayMs, wholeMs };
}

const eventSchema = z.object({
  received: z.object({
    event: z.enum(['STOP', 'RESUME']),
    timestamp: z.object({ seconds: z.number(), microseconds: z.number() }),
  }),
});

async function lastStandstill(transcript: string): Promise<number> {
  const lines = (await readFile(transcript, 'utf8')).trimEnd().split('\n');
  const events = lines.flatMap((line) => {
    const { success, data } = eventSchema.safeParse(JSON.parse(line));
    return success ? [data.received] : [];
  });
  const atMs = (name: string): number => {
    const last = events.findLast(({ event }) => event === name);
    if (last === undefined) throw new Error(`QEMU has not said ${name}`);
    return last.timestamp.seconds * 1000 + last.timestamp.microseconds / 1000;
  };
  return atMs('RESUME') - atMs('STOP');
}

/** What the files take but for memory and disk. */
async function besideMemory(directory: string): Promise<number> {
  const names = (await readdir(directory)).filter((name) => !/^(memory|disk)/.test(name));
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(directory, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

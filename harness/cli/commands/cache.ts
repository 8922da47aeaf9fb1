/** `hostproof cache`: the checkpoints that runs go on from. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { cacheDir } from '../../adapters/cache-dir.ts';
import { CheckpointStore } from '../../adapters/checkpoints/store.ts';
import type { ActRecord } from '../../domain/checkpoint.ts';
import { commandWithExamples, type CommandContext, type CommandModule } from '../command.ts';
import { printJson, say, table } from '../output.ts';
import { parseSize } from '../size.ts';

const cache: CommandModule = (context) =>
  commandWithExamples('cache', 'shows, verifies and removes the checkpoints that are kept', [
    ['hostproof cache list', 'the machines that are kept, and what they take'],
    ['hostproof cache verify', 'reads every byte; what is damaged is dropped, exit code 3'],
    ['hostproof cache gc --cache-size 5G', 'removes the longest unused, until 5 GiB are left'],
    ['hostproof cache clear', 'removes all but the machines that a running hostproof uses'],
  ])
    .addCommand(list())
    .addCommand(verify(context))
    .addCommand(gc())
    .addCommand(clear());

export default cache;

function list(): CommandUnknownOpts {
  return commandWithExamples('list', 'shows the machines that are kept, the last used first', [
    ['hostproof cache list --json', 'for a program'],
  ])
    .option('--json', 'prints JSON')
    .action(async (options) => {
      const { records, states } = await (await store()).list();
      const acts = new Map<string, ActRecord>();
      for (const { record } of records)
        if (record.kind === 'act' && record.state !== null) acts.set(record.state.id, record);
      const kept = [...states]
        .sort((one, other) => other.usedMs - one.usedMs)
        .map(({ id, sizeBytes, usedMs }) => {
          const { madeFor, verb, host } = acts.get(id) ?? {};
          const used = new Date(usedMs).toISOString();
          return { id, sizeBytes, used, host, after: verb, madeFor };
        });
      if (options.json === true) {
        printJson({ records: records.length, states: kept });
        return;
      }
      const rows = kept.map(({ sizeBytes, used, host, after, madeFor }) => [
        mebibytes(sizeBytes),
        used.slice(0, 16).replace('T', ' '),
        after === undefined ? 'of no step' : `${host ?? ''} after ${after}`,
        madeFor ?? '',
      ]);
      const total = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      process.stdout.write(table([['size', 'last used', 'state', 'made for'], ...rows]));
      process.stdout.write(
        `${records.length.toString()} steps are known, ${kept.length.toString()} machines are kept: ${mebibytes(total)}\n`,
      );
    });
}

function verify({ end }: CommandContext): CommandUnknownOpts {
  return commandWithExamples('verify', 'compares every byte with its digest', [
    ['hostproof cache verify', 'exit code 3 if something is damaged: it is dropped'],
  ]).action(async () => {
    let damaged = 0;
    const checkpoints = await store((text) => {
      damaged++;
      say(text);
    });
    const { records, states } = await checkpoints.verify();
    process.stdout.write(
      `${records.toString()} steps and ${states.toString()} machines are sound, ${damaged.toString()} were damaged\n`,
    );
    if (damaged > 0) end('unfit');
  });
}

function gc(): CommandUnknownOpts {
  return commandWithExamples('gc', 'removes what is not needed, and the longest unused', [
    ['hostproof cache gc', 'down to the usual budget'],
    ['hostproof cache gc --cache-size 5G', 'down to 5 GiB'],
  ])
    .option('--cache-size <size>', 'what may be left, as 5G', parseSize)
    .action(async (options) => {
      const left = await (await store()).collect(options.cacheSize);
      process.stdout.write(`${mebibytes(left)} are left\n`);
    });
}

function clear(): CommandUnknownOpts {
  return commandWithExamples(
    'clear',
    'removes all but the machines that a running hostproof uses',
    [['hostproof cache clear', 'the next run makes everything anew']],
  ).action(async () => {
    await (await store()).clear();
  });
}

async function store(onNote: (text: string) => void = say): Promise<CheckpointStore> {
  return new CheckpointStore(await cacheDir(), { budgetBytes: null, onNote });
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

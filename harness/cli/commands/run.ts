/** `hostproof run`: tells stories to hosts and reports what happened. */
import { Option } from '@commander-js/extra-typings';
import { SUITES } from '../../domain/scenario.ts';
import { DISKS, STORAGES } from '../../domain/variant.ts';
import { commandWithExamples, type CommandModule } from '../command.ts';
import { CACHE_SIZE, JOBS, once, wholeNumber } from '../options.ts';
import { RUNS, runSuite } from '../run-suite.ts';

const run: CommandModule = (context) =>
  commandWithExamples('run', 'runs stories: installs, upgrades, breaks and rolls hosts back', [
    ['hostproof run --suite smoke', 'the main job'],
    ['hostproof run power-cut', 'the stories whose name or title says so'],
    ['hostproof run rollback/by-command@thin-uefi', 'one job, by its name in reports'],
    ['hostproof run --machine sim', 'what a simulated thin host can tell, in milliseconds each'],
    ['hostproof run --suite smoke --reporter terminal --reporter junit=junit.xml', 'two reports'],
    ['hostproof run power-cut --disks served', 'on disks that lose what was not flushed'],
    ['hostproof run rollback --defect rollback-lies', 'against updates with a planted defect'],
    ['hostproof run power-cut --pause-on-failure', 'keeps a failed host running for you'],
  ])
    .argument(
      '[filter...]',
      'parts of names, as reports have them, or titles; all stories if there is none',
    )
    // the last one counts: `npm run test:e2e -- --suite quick` has another before it
    .option('--suite <name>', `stories of this suite and the smaller ones: ${SUITES.join(', ')}`)
    .option('--layout <name>', 'only this layout', once)
    .option('--firmware <name>', 'only this firmware', once)
    .option('--storage <name>', `only this storage: ${STORAGES.join(', ')}`, once)
    .addOption(
      new Option('--machine <kind>', 'what the hosts are')
        .choices(['qemu', 'sim'] as const)
        .default('qemu' as const),
    )
    .addOption(
      new Option('--disks <kind>', 'what disks are kept in: served ones lose what was not flushed')
        .choices(DISKS)
        .default('image' as const),
    )
    .option('--defect <name>', 'plants this defect in the engine of every update')
    .option(...JOBS)
    .option('--no-cache', 'does everything, and keeps nothing of it')
    .option('--refresh', 'does everything, and keeps it in place of what was kept', false)
    .option(...CACHE_SIZE)
    .option('--seed <number>', 'seed of all randomness', wholeNumber, 0)
    .option('--pause-on-failure', 'keeps a failed host running until you press Enter', false)
    .option('--out <dir>', 'directory that gets the directory of this run', RUNS)
    .option(
      '--reporter <name[=file]>',
      'tap, terminal, junit, jsonl or summary; repeatable (default: tap)',
      collect,
    )
    .option('--scenarios <dir>', 'directory of the stories (default: those of this checkout)')
    .action(async (filters, options) => {
      const { reporter, ...rest } = options;
      context.end(
        await runSuite({
          ...rest,
          keepsFailure: () => options.machine === 'qemu',
          filters,
          reporters: reporter ?? ['tap'],
          version: context.version,
          signal: context.signal,
        }),
      );
    });

export default run;

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

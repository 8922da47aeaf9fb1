/** `hostproof defects`: plants each known defect and checks that it is found, by its name. */
import { commandWithExamples, type CommandModule } from '../command.ts';
import { RUNS } from '../run-suite.ts';
import { CACHE_SIZE, JOBS } from '../options.ts';
import { testDefects } from '../test-defects.ts';

const defects: CommandModule = (context) =>
  commandWithExamples(
    'defects',
    'runs stories against updates with planted defects: each must be found',
    [
      ['hostproof defects', 'all planted defects'],
      ['hostproof defects etc-overwritten', 'one of them'],
      ['hostproof defects --resume .hostproof/runs/ID', 'those that the run ID has not found'],
      ['hostproof list defects', 'what is planted, and which invariant must find it'],
    ],
  )
    .argument('[name...]', 'defects; all if none is named')
    .option(...JOBS)
    .option(...CACHE_SIZE)
    .option('--resume <run...>', 'directories of runs whose findings need not be found again')
    .option('--out <dir>', 'directory that gets the directory of this run', RUNS)
    .action(async (names, options) => {
      const { version, signal } = context;
      context.end(await testDefects({ ...options, names, version, signal }));
    });

export default defects;

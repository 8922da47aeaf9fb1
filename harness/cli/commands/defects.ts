/** `hostproof defects`: plants each known defect and checks that it is found, by its name. */
import { commandWithExamples, type CommandModule } from '../command.ts';
import { RUNS } from '../run-suite.ts';
import { testDefects } from '../test-defects.ts';

const defects: CommandModule = (context) =>
  commandWithExamples(
    'defects',
    'runs stories against updates with planted defects: each must be found',
    [
      ['hostproof defects', 'all planted defects'],
      ['hostproof defects etc-overwritten', 'one of them'],
      ['hostproof list defects', 'what is planted, and which invariant must find it'],
    ],
  )
    .argument('[name...]', 'defects; all if none is named')
    .option('--out <dir>', 'directory that gets the directories of the runs', RUNS)
    .action(async (names, { out }) => {
      context.end(
        await testDefects({ names, out, version: context.version, signal: context.signal }),
      );
    });

export default defects;

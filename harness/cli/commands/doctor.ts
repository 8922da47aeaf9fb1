/** `hostproof doctor`: is this machine fit to run guests? */
import { commandWithExamples, type CommandModule } from '../command.ts';
import { printJson } from '../output.ts';
import { examine, type CheckResult } from '../doctor-checks.ts';

const MARKS: Readonly<Record<CheckResult['status'], string>> = {
  fit: 'ok  ',
  weak: 'note',
  unfit: 'BAD ',
};

const doctor: CommandModule = (context) =>
  commandWithExamples('doctor', 'checks this machine, and proves by a guest that guests run', [
    ['hostproof doctor', 'exit code 0: fit, 3: not'],
    ['hostproof doctor --json', 'for a program'],
  ])
    .option('--json', 'prints JSON')
    .action(async (options) => {
      const isJson = options.json === true;
      const checks = await examine((result) => {
        if (!isJson) process.stdout.write(lines(result));
      });
      const isFit = checks.every(({ status }) => status !== 'unfit');
      if (isJson) printJson({ fit: isFit, checks });
      else
        process.stdout.write(isFit ? '\nThis machine is fit.\n' : '\nThis machine is not fit.\n');
      context.end(isFit ? 'passed' : 'unfit');
    });

export default doctor;

function lines({ name, status, detail, hint }: CheckResult): string {
  const first = `${MARKS[status]}  ${name.padEnd(14)}  ${detail}\n`;
  return hint === null ? first : `${first}${' '.repeat(22)}${hint}\n`;
}

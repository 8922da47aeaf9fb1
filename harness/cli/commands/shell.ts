/** `hostproof shell`: puts a person into the machine of a finished run, as it was after one of its steps. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { HostproofError } from '../../domain/errors.ts';
import { commandWithExamples, type CommandModule } from '../command.ts';
import { attachConsole } from '../console-attach.ts';
import { enter, finishedJob } from '../enter.ts';
import { say } from '../output.ts';
import { sshCommand } from '../ssh-command.ts';

const shell: CommandModule = ({ signal, end }) =>
  commandWithExamples(
    'shell',
    'puts you into the machine of a finished run, after one of its steps',
    [
      ['hostproof shell .hostproof/runs/ID', 'of the job that failed, as it was then'],
      ['hostproof shell .hostproof/runs/ID --at 6', 'as it was after step 6'],
      ['hostproof shell .hostproof/runs/ID -- journalctl -b', 'one command'],
      ['hostproof shell .hostproof/runs/ID --console', 'at its serial console; Ctrl-] leaves it'],
      ['hostproof shell .hostproof/runs/ID --screenshot screen.png', 'only what is on its screen'],
    ],
  )
    .argument('<run>', 'directory of the run')
    .argument('[command...]', 'what to run there; a shell if left out')
    .option('--job <id>', 'which of several: by default the one that failed')
    .option('--at <step>', 'number of the step: by default the last one', step)
    .option('--console', 'the serial console, and not ssh', false)
    .option('--screenshot <file>', 'writes a PNG of the screen, and that is all')
    .action(async (run, command, options) => {
      const job = await finishedJob(run, options.job);
      const { machineHosts } = await import('../machine-hosts.ts');
      const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
      const factory = await machineHosts({ defect: job.defect, sha256, signal });
      const directory = mkdtempSync(join(tmpdir(), 'hostproof-shell-'));
      try {
        const entered = await enter(job, options.at, factory, directory, signal);
        await using host = entered.host;
        const { step } = entered;
        const access = host.access();
        if (access === null) throw new HostproofError('host/never', 'the machine has stopped');
        say(
          `${job.info.id}, after step ${step.number.toString()} (${step.verb}); nothing that you do is kept`,
        );
        const wantsShell = !options.console && options.screenshot === undefined;
        if (wantsShell && host.state() === 'hung') {
          throw new HostproofError('usage/option', 'the host did not answer then', {
            hint: '--console leads to its serial console, --screenshot FILE shows its screen',
          });
        }
        if (options.screenshot !== undefined) {
          await access.machine.screenshot(options.screenshot);
          say(`written: ${options.screenshot}`);
        } else if (options.console) {
          await Promise.race([attachConsole(access.machine, directory), aborted(signal)]);
        } else {
          const status = await ssh(sshCommand(factory.keyFile ?? '', access.sshPort), command);
          if (status !== 0 && command.length > 0) end('failed');
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });

export default shell;

/** Exit status of the person's ssh, which has the terminal. */
async function ssh([file = '', ...args]: string[], command: readonly string[]): Promise<number> {
  const child = spawn(file, [...args, ...command], { stdio: 'inherit' });
  const ended = await Promise.race([
    once(child, 'exit'),
    once(child, 'error').then(([cause]: unknown[]) => {
      throw new HostproofError('env/missing-tool', 'ssh does not start', {
        cause,
        hint: 'apt-get install openssh-client; or use --console',
      });
    }),
  ]);
  return (ended[0] as number | null) ?? 1;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

function step(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('the number of a step is wanted');
}

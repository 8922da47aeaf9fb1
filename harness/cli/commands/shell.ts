/** `hostproof shell`: puts a person into the machine of a finished run, as it was after one of its steps. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { sha256 } from '../../adapters/sha256.ts';
import { HostproofError } from '../../domain/errors.ts';
import { commandWithExamples, type CommandModule } from '../command.ts';
import { attachConsole } from '../console-attach.ts';
import { enter } from '../enter.ts';
import { finishedJob } from '../finished-job.ts';
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
      const factory = await machineHosts({ seed: job.seed, sha256, signal });
      const directory = mkdtempSync(join(tmpdir(), 'hostproof-shell-'));
      try {
        const needsShell = !options.console && options.screenshot === undefined;
        const entering = { job, at: options.at, factory, directory, needsShell, signal };
        const entered = await enter(entering);
        await using host = entered.host;
        const { number, verb } = entered.step;
        const access = host.access();
        if (access === null) throw new HostproofError('host/never', 'the machine has stopped');
        say(
          `${job.info.id}, after step ${number.toString()} (${verb}); nothing that you do is kept`,
        );
        if (options.screenshot !== undefined) {
          await access.machine.screenshot(options.screenshot);
          say(`written: ${options.screenshot}`);
        } else if (options.console) {
          await Promise.race([attachConsole(access.machine, directory), aborted(signal)]);
        } else {
          const words = [...sshCommand(factory.keyFile ?? '', access.sshPort), ...command];
          const status = await terminal(words, signal);
          if (status !== 0 && command.length > 0) end('failed');
        }
        signal.throwIfAborted();
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });

export default shell;

/** Runs a program that has the terminal. @returns its exit status; null if a signal ended it */
async function terminal(words: readonly string[], signal: AbortSignal): Promise<number | null> {
  const [file = '', ...args] = words;
  const child = spawn(file, args, { stdio: 'inherit', signal });
  return new Promise((resolve, reject) => {
    child.once('exit', resolve);
    child.once('error', (cause) => {
      const hint = 'apt-get install openssh-client; or use --console';
      const missing = new HostproofError('env/missing-tool', `${file} does not start`, {
        cause,
        hint,
      });
      reject(signal.aborted ? (signal.reason as Error) : missing);
    });
  });
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

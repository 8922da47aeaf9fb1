/**
 * The command line. Each file in `commands/` is one command; only the one that is called is loaded, so that starting
 * is fast.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import packageJson from '../../package.json' with { type: 'json' };
import { asHostproofError, HostproofError } from '../domain/errors.ts';
import { exitCode, verdictOf, type Verdict } from '../domain/verdict.ts';
import type { CommandContext, CommandModule } from './command.ts';
import { printError, say, watchOutput } from './output.ts';
import { isHelp, throwUsageErrors, unknownCommand } from './usage.ts';

const COMMANDS = join(import.meta.dirname, 'commands');

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  using interrupt = interruptible();
  const written = watchOutput(interrupt.end);
  let verdict: Verdict = 'passed';
  const context: CommandContext = {
    version: packageJson.version,
    signal: interrupt.signal,
    end: (ended) => (verdict = ended),
  };
  try {
    const program = await makeProgram(args, context);
    await program.parseAsync([...args], { from: 'user' }).catch((thrown: unknown) => {
      if (!isHelp(thrown)) throw thrown;
    });
    await written();
    return exitCode(verdict);
  } catch (thrown) {
    const error = asHostproofError(interrupt.signal.aborted ? interrupt.signal.reason : thrown);
    printError(error);
    return exitCode(verdictOf(error.blame));
  }
}

async function makeProgram(
  args: readonly string[],
  context: CommandContext,
): Promise<CommandUnknownOpts> {
  const names = (await readdir(COMMANDS))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''))
    .sort();
  const program = new Command('hostproof')
    .description('Proves in QEMU that an image-based host survives installing, upgrading, breaking')
    .version(context.version)
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES);
  const [first] = args;
  const isCommand = first !== undefined && !first.startsWith('-') && first !== 'help';
  if (isCommand && !names.includes(first)) throw unknownCommand(first, names);
  // The help of hostproof itself shows all commands: only then are all loaded.
  for (const name of isCommand ? [first] : names) program.addCommand(await load(name, context));
  throwUsageErrors(program);
  return program;
}

async function load(name: string, context: CommandContext): Promise<CommandUnknownOpts> {
  const url = pathToFileURL(join(COMMANDS, `${name}.ts`)).href;
  const { default: module } = (await import(url)) as { default: CommandModule };
  return module(context);
}

interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
  /** Asks everything to end, if nothing has yet. */
  readonly end: (reason: HostproofError) => void;
}

/** Ctrl-C asks everything to end and to clean up; a second one ends at once. */
function interruptible(): Interrupt {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (reason: HostproofError): void => {
    if (!controller.signal.aborted) controller.abort(reason);
  };
  let isAsked = false;
  const interrupt = (name: NodeJS.Signals): void => {
    if (isAsked) process.exit(exitCode('interrupted'));
    isAsked = true;
    end(new HostproofError('interrupt', `interrupted by ${name}`));
    say(`hostproof: ${name}: ends what is running and cleans up; a second one ends at once`);
  };
  for (const name of signals) process.on(name, interrupt);
  return {
    signal: controller.signal,
    end,
    [Symbol.dispose]: () => {
      for (const name of signals) process.off(name, interrupt);
    },
  };
}

const EXAMPLES = `
Examples:
  hostproof doctor                          is this machine fit?
  hostproof list                            stories, images, layouts, reports, defects
  hostproof run --suite smoke               the main job
  hostproof run --machine sim               what a simulated thin host can tell
  hostproof install --iso FILE --disk 40G   somebody's own medium
  hostproof help run                        all about one command

Exit codes: 0 passed, 1 the host failed, 2 wrong command line, 3 this machine is not fit, 4 the story or
hostproof itself failed, 130 interrupted`;

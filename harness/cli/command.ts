/** What a file in `commands/` exports: how to make its command. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Verdict } from '../domain/verdict.ts';

export interface CommandContext {
  /** Of hostproof itself. */
  readonly version: string;
  /** Aborted by Ctrl-C and other requests to end; the reason is a HostproofError: `interrupt`, or `env/*` if the output cannot be written. */
  readonly signal: AbortSignal;
  /** How the command ended; `passed` unless said. */
  readonly end: (verdict: Verdict) => void;
}

export type CommandModule = (context: CommandContext) => CommandUnknownOpts;

/** A command with examples below its help: what to type, what it does. */
export function commandWithExamples(
  name: string,
  description: string,
  examples: readonly (readonly [command: string, meaning: string])[],
): Command {
  const width = Math.max(...examples.map(([command]) => command.length));
  const lines = examples.map(([command, meaning]) => `  ${command.padEnd(width)}  ${meaning}`);
  return new Command(name)
    .description(description)
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

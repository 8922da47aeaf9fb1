/** Errors of the command line, with the nearest thing that would have been right. */
import type { CommanderError, CommandUnknownOpts } from '@commander-js/extra-typings';
import { HostproofError } from '../domain/errors.ts';
import { unknownName } from '../domain/nearest.ts';

/** Makes a command and all below it throw HostproofErrors instead of printing and exiting. */
export function throwUsageErrors(command: CommandUnknownOpts): void {
  command.configureOutput({ outputError: () => undefined }).exitOverride((error) => {
    throw asUsageError(command, error);
  });
  for (const child of command.commands) throwUsageErrors(child);
}

/** What commander throws when it has shown the help or the version that was asked for: not an error. */
export function isHelp(error: unknown): boolean {
  return error instanceof Error && 'exitCode' in error && error.exitCode === 0;
}

export function unknownCommand(
  name: string,
  known: readonly string[],
  parent = 'hostproof',
): HostproofError {
  return new HostproofError('usage/option', unknownName('command', name, known), {
    hint: `${parent} --help lists the commands`,
  });
}

function asUsageError(command: CommandUnknownOpts, error: CommanderError): Error {
  if (error.exitCode === 0) return error;
  const hint = `see ${fullName(command)} --help`;
  const option = /unknown option '(-[^']*)'/.exec(error.message)?.[1];
  if (option !== undefined) {
    const known = command.options.flatMap(({ long }) => (long == null ? [] : [long]));
    const name = option.split('=', 1)[0] ?? option;
    return new HostproofError('usage/option', unknownName('option', name, [...known, '--help']), {
      hint,
    });
  }
  const name = /unknown command '([^']*)'/.exec(error.message)?.[1];
  if (name !== undefined) {
    return unknownCommand(
      name,
      command.commands.map((child) => child.name()),
      fullName(command),
    );
  }
  if (error.code === 'commander.help') {
    return new HostproofError('usage/option', `${fullName(command)} needs one of its commands`, {
      hint,
    });
  }
  return new HostproofError('usage/option', error.message.replace(/^error: /, ''), { hint });
}

function fullName(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

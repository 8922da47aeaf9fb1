/** What commands print: results on standard output, progress and errors on standard error. */
import { inspect } from 'node:util';
import { HostproofError, isDiskFull, messageOf } from '../domain/errors.ts';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Rows as columns, two blanks apart; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Message and hint; the stack only where it helps: when hostproof itself is to blame. */
export function printError(error: HostproofError): void {
  say(`hostproof: ${error.message}`);
  say(`  ${error.hint}`);
  if (error.blame === 'harness') say(inspect(error.cause ?? error));
}

/** Whose disk is full, or fails, is not the host under test. */
export function notWritten(where: string, cause: unknown): HostproofError {
  const code = isDiskFull(cause) ? 'env/disk-full' : 'env/io';
  const hint = 'write it to another place';
  return new HostproofError(code, `${where}: ${messageOf(cause)}`, { cause, hint });
}

/**
 * Output that cannot be written any more ends what is going on, as Ctrl-C does: machines are ended, the record is whole, and no exit
 * code speaks of what is not known yet. A reader that went away (`| head`) is no error where all was done by then. Words on standard
 * error may be lost with the terminal; what they speak of must not.
 *
 * @returns what resolves when all has been written, and rejects with a HostproofError `env/*` if it could not be
 */
export function watchOutput(end: (reason: HostproofError) => void): () => Promise<void> {
  let failure: HostproofError | undefined;
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE') {
      end(new HostproofError('interrupt', 'nobody reads the output any more'));
    } else {
      failure ??= notWritten('standard output', cause);
      end(failure);
    }
  });
  process.stderr.on('error', () => {
    end(new HostproofError('interrupt', 'nobody reads the errors any more'));
  });
  return async () => {
    await new Promise<void>((resolve) => {
      process.stdout.write('', () => {
        resolve();
      });
    });
    if (failure !== undefined) throw failure;
  };
}

/** What commands print: results on standard output, progress and errors on standard error. */
import { inspect } from 'node:util';
import type { HostproofError } from '../domain/errors.ts';

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

/** A reader that went away (`| head`) is no error of ours. */
export function endQuietlyOnBrokenPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    throw error;
  });
}

/** One command over an ssh connection. */
import type { Client, ClientChannel } from 'ssh2';
import { HostproofError, messageOf } from '../domain/errors.ts';
import { quote, type CommandResult, type RunOptions } from '../ports/shell.ts';
import type { Clock } from '../ports/clock.ts';

const OUTPUT_BYTES_MAX = 1024 * 1024;
const LINE_CHARACTERS_MAX = 4096;

/** Runs one command with `/bin/sh`, whatever the login shell of the account is. */
export async function runCommand(
  client: Client,
  clock: Clock,
  command: string,
  options: RunOptions,
): Promise<CommandResult> {
  const over = new AbortController();
  const signal =
    options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal]);
  let channel: ClientChannel | undefined;
  const output = { stdout: new Bounded(), stderr: new Bounded() };
  const lines = new Lines(options.onStderrLine);

  try {
    return await new Promise<CommandResult>((resolve, reject) => {
      const isLost = (error: unknown): void => {
        reject(lost(command, output, messageOf(error)));
      };
      clock.sleep(options.deadlineMs, signal).then(() => {
        reject(timeout(command, options, output));
      }, reject);
      const begin = (error: Error | undefined, opened: ClientChannel): void => {
        if (error !== undefined) {
          isLost(error);
          return;
        }
        channel = opened;
        if (signal.aborted) {
          opened.close();
          return;
        }
        let status: number | null | undefined;
        opened.on('data', (chunk: Buffer) => {
          output.stdout.add(chunk);
        });
        opened.stderr.on('data', (chunk: Buffer) => {
          output.stderr.add(chunk);
          lines.add(chunk);
        });
        opened.on('error', () => undefined); // its close follows, and tells
        opened.on('exit', (code: number | null) => (status = code));
        opened.on('close', () => {
          lines.end();
          if (status === undefined) isLost('no exit status came');
          else
            resolve({
              status,
              stdout: output.stdout.text(),
              stderr: output.stderr.text(),
              truncated: output.stdout.truncated || output.stderr.truncated,
            });
        });
        opened.end(options.stdin ?? '');
      };
      try {
        client.exec(`exec /bin/sh -c ${quote(command)}`, begin);
      } catch (error) {
        isLost(error); // there was no connection any more
      }
    });
  } finally {
    over.abort();
    channel?.close();
  }
}

/** Keeps the beginning of a stream, and whether there was more. */
class Bounded {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  truncated = false;

  add(chunk: Buffer): void {
    const room = OUTPUT_BYTES_MAX - this.#bytes;
    if (chunk.length > room) this.truncated = true;
    if (room <= 0) return;
    this.#chunks.push(chunk.subarray(0, room));
    this.#bytes += Math.min(room, chunk.length);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  /** The last words, for a message. */
  lastLine(): string {
    return this.text().trimEnd().split('\n').at(-1)?.slice(-200) ?? '';
  }
}

/** Cuts a stream into lines of bounded length. */
class Lines {
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #decoder = new TextDecoder();
  #rest = '';

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
  }

  add(chunk: Buffer): void {
    if (this.#onLine === undefined) return;
    const pieces = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    this.#rest = (pieces.pop() ?? '').slice(0, LINE_CHARACTERS_MAX);
    for (const line of pieces) this.#onLine(line.slice(0, LINE_CHARACTERS_MAX));
  }

  end(): void {
    if (this.#rest !== '') this.#onLine?.(this.#rest);
    this.#rest = '';
  }
}

interface Output {
  readonly stdout: Bounded;
  readonly stderr: Bounded;
}

function timeout(command: string, options: RunOptions, output: Output): HostproofError {
  const seconds = Math.round(options.deadlineMs / 1000);
  return new HostproofError(
    'host/timeout',
    `no end after ${seconds} s: ${brief(command)}${lastWords(output)}`,
  );
}

function lost(command: string, output: Output, why: string): HostproofError {
  return new HostproofError(
    'host/never',
    `the connection was lost (${why}) during: ${brief(command)}${lastWords(output)}`,
  );
}

function brief(command: string): string {
  const line = command.trim().replaceAll(/\s+/g, ' ');
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

function lastWords(output: Output): string {
  const words = output.stderr.lastLine() || output.stdout.lastLine();
  return words === '' ? '' : `; last output: ${words}`;
}

/** The serial console: to a log, to a terminal screen, and as lines. Whatever the guest sends, memory is bounded. */
import type { Socket } from 'node:net';

import { HostproofError } from '../../harness/domain/errors.ts';
import type { ConsoleScreen, Key, MachineConsole } from '../../harness/ports/console.ts';
import { BoundedLog } from '../bounded-log.ts';
import { KEY_SEQUENCES } from './keys.ts';
import { ConsoleLines } from './lines.ts';
import { TerminalScreen } from './screen.ts';

export interface SerialConsoleOptions {
  readonly machine: string;
  readonly logFile: string;
  readonly logSizeBytesMax?: number;
  readonly onLogError: (error: Error) => void;
}

const LOG_SIZE_BYTES_MAX = 32 * 1024 * 1024;
const TAIL_LINES_MAX = 200;
/** Beyond this the guest has to wait until the screen has caught up. */
const UNDRAWN_BYTES_MAX = 1024 * 1024;

export class SerialConsole implements MachineConsole, AsyncDisposable {
  readonly #options: SerialConsoleOptions;
  readonly #socket: Socket;
  readonly #log: BoundedLog;
  readonly #screen = new TerminalScreen();
  readonly #decoder = new TextDecoder();
  readonly #lineListeners = new Set<(line: string) => void>();
  readonly #outputListeners = new Set<() => void>();
  readonly #tail: string[] = [];
  readonly #lines = new ConsoleLines((line) => {
    this.#line(line);
  });
  #receivedBytes = 0;
  #undrawnBytes = 0;

  private constructor(socket: Socket, log: BoundedLog, options: SerialConsoleOptions) {
    this.#socket = socket;
    this.#log = log;
    this.#options = options;
    socket.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    // The end of QEMU is told by its process; here it only means that nothing more comes.
    socket.on('error', () => undefined);
  }

  static async attach(socket: Socket, options: SerialConsoleOptions): Promise<SerialConsole> {
    const log = await BoundedLog.open({
      file: options.logFile,
      sizeBytesMax: options.logSizeBytesMax ?? LOG_SIZE_BYTES_MAX,
      onError: options.onLogError,
    });
    return new SerialConsole(socket, log, options);
  }

  readonly screen = (): Promise<ConsoleScreen> => this.#screen.read();

  readonly press = (key: Key): Promise<void> => this.type(KEY_SEQUENCES[key]);

  readonly type = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      this.#socket.write(text, (cause) => {
        if (cause == null) resolve();
        else reject(this.#gone(cause));
      });
    });

  readonly onLine = (listener: (line: string) => void): (() => void) => {
    this.#lineListeners.add(listener);
    return () => this.#lineListeners.delete(listener);
  };

  readonly onOutput = (listener: () => void): (() => void) => {
    this.#outputListeners.add(listener);
    return () => this.#outputListeners.delete(listener);
  };

  /** The line that has not ended yet counts as the last one. */
  readonly tail = (lines: number): readonly string[] => {
    const { unfinished } = this.#lines;
    const all = unfinished === '' ? this.#tail : [...this.#tail, unfinished];
    return all.slice(-lines);
  };

  readonly receivedBytes = (): number => this.#receivedBytes;

  /** Call when QEMU is gone: what it sent before its end is still taken. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#socket.closed) {
      await new Promise<void>((resolve) => {
        this.#socket.once('close', resolve);
      });
    }
    await this.#log[Symbol.asyncDispose]();
  }

  #receive(chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    this.#undrawnBytes += chunk.length;
    if (this.#undrawnBytes > UNDRAWN_BYTES_MAX) this.#socket.pause();
    this.#log.write(chunk);
    this.#screen.write(chunk, () => {
      this.#undrawnBytes -= chunk.length;
      if (this.#undrawnBytes <= UNDRAWN_BYTES_MAX) this.#socket.resume();
    });
    this.#lines.push(this.#decoder.decode(chunk, { stream: true }));
    for (const listener of this.#outputListeners) listener();
  }

  #line(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > TAIL_LINES_MAX) this.#tail.shift();
    for (const listener of this.#lineListeners) listener(line);
  }

  #gone(cause: Error): HostproofError {
    return new HostproofError(
      'story/misuse',
      `${this.#options.machine}: nothing can be typed, the machine is no more`,
      { cause },
    );
  }
}

/** A log file that takes everything up to a limit: a guest must not be able to fill the disk. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';

export interface BoundedLogOptions {
  readonly file: string;
  /** Of the whole file, earlier starts of the machine included. */
  readonly sizeBytesMax: number;
  /** Called once, when the log can no longer be written. */
  readonly onError: (error: Error) => void;
}

const LIMIT_MARKER = '\n[hostproof: this log has reached its limit and ends here]\n';

/** Appends, so that all starts of a machine are one story. */
export class BoundedLog implements AsyncDisposable {
  readonly #stream: WriteStream;
  #leftBytes: number;
  #usable = true;

  private constructor(stream: WriteStream, leftBytes: number, onError: (error: Error) => void) {
    this.#stream = stream;
    this.#leftBytes = leftBytes;
    stream.on('error', (error) => {
      this.#usable = false;
      onError(error);
    });
  }

  static async open({ file, sizeBytesMax, onError }: BoundedLogOptions): Promise<BoundedLog> {
    const sizeBytes = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    const stream = createWriteStream(file, { flags: 'a' });
    return new BoundedLog(stream, Math.max(0, sizeBytesMax - sizeBytes), onError);
  }

  write(chunk: Buffer): void {
    if (!this.#usable || this.#leftBytes === 0) return;
    if (chunk.length <= this.#leftBytes) {
      this.#leftBytes -= chunk.length;
      this.#stream.write(chunk);
      return;
    }
    this.#stream.write(chunk.subarray(0, this.#leftBytes));
    this.#stream.write(LIMIT_MARKER);
    this.#leftBytes = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stream.closed) return;
    await new Promise<void>((resolve) => {
      this.#stream.once('close', resolve);
      this.#stream.end();
    });
  }
}

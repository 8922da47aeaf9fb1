/** A terminal without a window: what a person would see on the serial console. */
import headless from '@xterm/headless';

import type { ConsoleScreen } from '../../harness/ports/console.ts';

/** What a serial line without a negotiated size is taken for, by firmware, boot loader and getty. */
const COLUMNS = 80;
const ROWS = 24;

export class TerminalScreen {
  readonly #terminal = new headless.Terminal({
    cols: COLUMNS,
    rows: ROWS,
    scrollback: 0,
    allowProposedApi: true,
    // It would report what a hostile guest sends on standard output.
    logLevel: 'off',
  });

  /** `onDrawn` is called when this chunk is on the screen. */
  write(chunk: Buffer, onDrawn: () => void): void {
    this.#terminal.write(chunk, onDrawn);
  }

  /** The screen with everything on it that was written before. */
  async read(): Promise<ConsoleScreen> {
    await new Promise<void>((resolve) => {
      this.#terminal.write('', resolve);
    });
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: ROWS }, (_, row) =>
      (active.getLine(active.viewportY + row)?.translateToString(true) ?? '').trimEnd(),
    );
    return { rows };
  }
}

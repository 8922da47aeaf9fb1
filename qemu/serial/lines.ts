/** From what a terminal gets to the lines that a person would read, in bounded memory whatever arrives. */

export const LINE_LENGTH_MAX = 4096;
const ESCAPE_LENGTH_MAX = 64;

/** Moving the cursor to a place starts a new line as much as a line feed does (menus are drawn so). */
const CURSOR_POSITION = /\x1b\[\d*(?:;\d*)?[Hf]/g;
const OPERATING_SYSTEM_COMMAND = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;
const CONTROL_SEQUENCE = /\x1b\[[0-?]*[ -/]*[@-~]/g;
const OTHER_ESCAPE = /\x1b[ -/]*[0-~]/g;
const CONTROL_CHARACTER = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const UNFINISHED_ESCAPE = /\x1b(?:\[[0-?]*[ -/]*|[ -/]*)$/;

function withoutEscapes(text: string): string {
  return text
    .replace(OPERATING_SYSTEM_COMMAND, '')
    .replace(CONTROL_SEQUENCE, '')
    .replace(OTHER_ESCAPE, '')
    .replace(CONTROL_CHARACTER, '');
}

/** Splits console output into lines without escape sequences; empty lines are left out. */
export class ConsoleLines {
  /** Raw text since the last line break, at most `LINE_LENGTH_MAX` characters and an unfinished escape. */
  #pending = '';
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const all = this.#pending + text;
    const unfinished = UNFINISHED_ESCAPE.exec(all.slice(-ESCAPE_LENGTH_MAX))?.[0] ?? '';
    const whole = unfinished === '' ? all : all.slice(0, -unfinished.length);
    const pieces = whole.replace(CURSOR_POSITION, '\n').split(/[\r\n]/);
    const last = pieces.pop() ?? '';
    for (const piece of pieces) this.#emit(piece);
    if (last.length > LINE_LENGTH_MAX) {
      this.#emit(last);
      this.#pending = unfinished;
    } else {
      this.#pending = last + unfinished;
    }
  }

  /** The line that has not ended yet: a prompt, for example. */
  get unfinished(): string {
    return withoutEscapes(this.#pending).slice(0, LINE_LENGTH_MAX);
  }

  #emit(piece: string): void {
    const line = withoutEscapes(piece).trimEnd();
    for (let start = 0; start < line.length; start += LINE_LENGTH_MAX) {
      this.#onLine(line.slice(start, start + LINE_LENGTH_MAX));
    }
  }
}

/** Splits a stream of text into lines, in bounded memory whatever arrives. */
export class LineSplitter {
  #rest = '';
  #overlong = false;
  readonly #lengthMax: number;
  readonly #onLine: (line: string) => void;
  readonly #onOverlong: () => void;

  /** `onOverlong` is called once for a line beyond `lengthMax` characters; the line itself is dropped. */
  constructor(lengthMax: number, onLine: (line: string) => void, onOverlong: () => void) {
    this.#lengthMax = lengthMax;
    this.#onLine = onLine;
    this.#onOverlong = onOverlong;
  }

  push(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      this.#append(text.slice(start, end));
      const line = this.#rest;
      const complete = !this.#overlong;
      this.#rest = '';
      this.#overlong = false;
      if (complete) this.#onLine(line);
      start = end + 1;
    }
    this.#append(text.slice(start));
  }

  #append(text: string): void {
    if (this.#overlong) return;
    if (this.#rest.length + text.length <= this.#lengthMax) {
      this.#rest += text;
      return;
    }
    this.#rest = '';
    this.#overlong = true;
    this.#onOverlong();
  }
}

/** Pieces that are shorter become one: each takes some hundred bytes beside what is in it. */
const JOINED_BYTES_MAX = 4096;

/** Bytes that have arrived on a connection and are not yet understood, in the pieces in which they came. */
export class Incoming {
  #pieces: Buffer[] = [];
  #lengthBytes = 0;
  /** Of what is still to come. */
  #unwantedBytes = 0;

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  push(piece: Buffer): void {
    const unwanted = Math.min(this.#unwantedBytes, piece.length);
    this.#unwantedBytes -= unwanted;
    this.#keep(piece.subarray(unwanted));
  }

  /** The next so many bytes are nothing to anybody, whether they have arrived or not. */
  skip(bytes: number): void {
    const arrived = Math.min(bytes, this.#lengthBytes);
    this.discard(arrived);
    this.#unwantedBytes += bytes - arrived;
  }

  /** The first bytes in one piece, which stay; there must be as many. */
  peek(bytes: number): Buffer {
    let length = 0;
    const count = this.#pieces.findIndex((piece) => (length += piece.length) >= bytes) + 1;
    // no more is copied than the pieces that it is spread over
    const joined = count === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces.slice(0, count));
    if (joined === undefined) throw new RangeError('there are fewer bytes');
    this.#pieces.splice(0, count, joined);
    return joined.subarray(0, bytes);
  }

  /** The first bytes in one piece, taken away; there must be as many. */
  take(bytes: number): Buffer {
    if (bytes === 0) return Buffer.alloc(0);
    const taken = this.peek(bytes);
    this.discard(bytes);
    return taken;
  }

  /** The same, in the pieces in which they came: large ones are not copied. */
  takePieces(bytes: number): Buffer[] {
    const taken: Buffer[] = [];
    let left = bytes;
    for (const piece of this.#pieces) {
      if (left === 0) break;
      taken.push(piece.subarray(0, left));
      left -= Math.min(left, piece.length);
    }
    this.discard(bytes);
    return taken;
  }

  discard(bytes: number): void {
    let left = bytes;
    let whole = 0;
    for (const piece of this.#pieces) {
      if (piece.length > left) break;
      left -= piece.length;
      whole++;
    }
    this.#pieces.splice(0, whole);
    const [first] = this.#pieces;
    if (first !== undefined && left > 0) this.#pieces[0] = first.subarray(left);
    this.#lengthBytes -= bytes;
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#lengthBytes += piece.length;
    const last = this.#pieces.at(-1);
    if (last === undefined || last.length + piece.length > JOINED_BYTES_MAX) {
      this.#pieces.push(piece);
    } else this.#pieces[this.#pieces.length - 1] = Buffer.concat([last, piece]);
  }
}

/** A disk: for each of its blocks, which block of the data it is now. */
import { BLOCK_BYTES, type Data } from './data.ts';

const ZEROES = Buffer.alloc(BLOCK_BYTES);
/** A record's length has 32 bits. */
const RUN_BLOCKS_MAX = 2 ** 18;
const WRITTEN_BLOCKS_MAX = 2 ** 8;

/** Whole blocks of a disk, from `first` up to, and without, `end`. */
interface Blocks {
  readonly first: number;
  readonly end: number;
}

export class Disk {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #data: Data;
  /** 0: zeroes. Its last block may reach beyond the disk's end. */
  #index: Uint32Array;

  constructor(name: string, sizeBytes: number, data: Data) {
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.#data = data;
    this.#index = new Uint32Array(Math.ceil(sizeBytes / BLOCK_BYTES));
  }

  /** Whether all of it is on the disk. */
  holds(offset: bigint, length: number): boolean {
    return offset + BigInt(length) <= BigInt(this.sizeBytes);
  }

  /** Whether any of it takes new room. */
  isNew(offset: number, length: number): boolean {
    const { first, end } = around(offset, length);
    return this.#index.subarray(first, end).includes(0);
  }

  read(offset: number, length: number): Buffer {
    const { first, end } = around(offset, length);
    const blocks = Buffer.allocUnsafe((end - first) * BLOCK_BYTES);
    for (let from = first; from < end;) {
      const to = this.#together(from, end);
      const into = blocks.subarray((from - first) * BLOCK_BYTES, (to - first) * BLOCK_BYTES);
      const block = this.#index[from] ?? 0;
      if (block === 0) into.fill(0);
      else this.#data.read(block, into);
      from = to;
    }
    return blocks.subarray(offset - first * BLOCK_BYTES).subarray(0, length);
  }

  /** @returns where the data of it is, in bytes */
  write(offset: number, pieces: readonly Buffer[], length: number): number {
    const { first, end } = around(offset, length);
    const head = offset - first * BLOCK_BYTES;
    const tail = end * BLOCK_BYTES - offset - length;
    // what is beside it in its first and last block stays as it is
    const whole = [
      ...(head === 0 ? [] : [this.read(first * BLOCK_BYTES, head)]),
      ...pieces,
      ...(tail === 0 ? [] : [this.read(offset + length, tail)]),
    ];
    const block = this.#data.append(whole, (end - first) * BLOCK_BYTES);
    this.#point({ first, end }, block);
    return block * BLOCK_BYTES + head;
  }

  /** Whole blocks within a range; what is beside them is `edges`, to be written as zeroes. */
  clear(
    offset: number,
    length: number,
  ): {
    readonly cleared: { readonly offset: number; readonly length: number } | null;
    readonly edges: readonly { readonly offset: number; readonly length: number }[];
  } {
    const first = Math.ceil(offset / BLOCK_BYTES);
    const isToEnd = offset + length === this.sizeBytes;
    const end = isToEnd ? this.#index.length : Math.floor((offset + length) / BLOCK_BYTES);
    if (end <= first) return { cleared: null, edges: [{ offset, length }] };
    this.#point({ first, end }, 0);
    const from = first * BLOCK_BYTES;
    const to = Math.min(end * BLOCK_BYTES, this.sizeBytes);
    const edges = [
      { offset, length: from - offset },
      { offset: to, length: offset + length - to },
    ];
    return {
      cleared: { offset: from, length: to - from },
      edges: edges.filter((edge) => edge.length > 0),
    };
  }

  /** Says again what a record says: its blocks are these of the data. @param data in bytes; 0: zeroes */
  place(offset: number, length: number, data: number): void {
    this.#point(around(offset, length), Math.floor(data / BLOCK_BYTES));
  }

  /** Becomes what another is, and says what that changed: ranges whose blocks follow each other, too, in the data. */
  become(
    other: Disk,
  ): { readonly offset: number; readonly length: number; readonly data: number }[] {
    const changed: { offset: number; length: number; data: number }[] = [];
    for (let from = 0; from < this.#index.length;) {
      if (this.#index[from] === other.#index[from]) {
        from++;
        continue;
      }
      let to = from + 1;
      const end = other.#together(from, Math.min(from + RUN_BLOCKS_MAX, this.#index.length));
      while (to < end && this.#index[to] !== other.#index[to]) to++;
      const data = (other.#index[from] ?? 0) * BLOCK_BYTES;
      changed.push({ offset: from * BLOCK_BYTES, length: (to - from) * BLOCK_BYTES, data });
      from = to;
    }
    this.#index = other.#index.slice();
    return changed;
  }

  /** What is not zeroes: ranges of at most a mebibyte, in whole blocks. */
  *written(): Generator<{ readonly offset: number; readonly length: number }> {
    for (let from = 0; from < this.#index.length;) {
      const to = this.#together(from, Math.min(from + WRITTEN_BLOCKS_MAX, this.#index.length));
      const [offset, end] = [from * BLOCK_BYTES, Math.min(to * BLOCK_BYTES, this.sizeBytes)];
      if (this.#index[from] !== 0) yield { offset, length: end - offset };
      from = to;
    }
  }

  /** Up to where blocks follow each other in the data, or are all zeroes. */
  #together(from: number, end: number): number {
    const block = this.#index[from] ?? 0;
    let to = from + 1;
    while (to < end && this.#index[to] === (block === 0 ? 0 : block + to - from)) to++;
    return to;
  }

  #point({ first, end }: Blocks, block: number): void {
    if (block === 0) this.#index.fill(0, first, end);
    else for (let at = first; at < end; at++) this.#index[at] = block + at - first;
  }
}

export function zeroes(length: number): Buffer {
  return length <= ZEROES.length ? ZEROES.subarray(0, length) : Buffer.alloc(length);
}

function around(offset: number, length: number): Blocks {
  return {
    first: Math.floor(offset / BLOCK_BYTES),
    end: Math.ceil((offset + length) / BLOCK_BYTES),
  };
}

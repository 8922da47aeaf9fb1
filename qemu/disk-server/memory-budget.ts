/** The memory that all clients of a server share: for what they have begun to send, and for answers that they have not taken yet. */

/** Each client has as much for itself: whoever asks for a mebibyte at once is served, whatever the others hold. */
const OWN_BYTES = 2 ** 20 + 2 ** 16;
/** What they hold beyond that, all together. */
const SHARED_BYTES = 2 ** 28;

interface Holder {
  readonly heldBytes: number;
  /** There may be room now. */
  readonly goOn: () => void;
}

export class MemoryBudget {
  readonly #holders = new Set<Holder>();
  /** In the order in which they came. */
  #waiting = new Set<Holder>();

  enter(holder: Holder): void {
    this.#holders.add(holder);
  }

  leave(holder: Holder): void {
    this.#holders.delete(holder);
    this.#waiting.delete(holder);
    this.freed();
  }

  /** Whether one of them may hold so many bytes more; if not, it is told when it may ask again. */
  admits(holder: Holder, bytes: number): boolean {
    const isOwn = holder.heldBytes + bytes <= OWN_BYTES;
    if (isOwn || this.#sharedBytes() + bytes <= SHARED_BYTES) return true;
    this.#waiting.add(holder);
    return false;
  }

  /** One of them holds less than before. */
  freed(): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    // later: whoever goes on may free some itself
    setImmediate(() => {
      for (const holder of waiting) holder.goOn();
    });
  }

  #sharedBytes(): number {
    let bytes = 0;
    for (const { heldBytes } of this.#holders) bytes += Math.max(0, heldBytes - OWN_BYTES);
    return bytes;
  }
}

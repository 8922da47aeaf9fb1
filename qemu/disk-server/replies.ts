/** What a client is owed: answers to what has arrived together go together. */
import type { Socket } from 'node:net';
import { reply } from './protocol.ts';
import type { DiskService, Outcome } from './service.ts';

/** What an answer takes beside its bytes: many of them are short. */
export const REPLY_OVERHEAD_BYTES = 256;

interface RepliesOptions {
  readonly socket: Socket;
  readonly service: DiskService;
  /** The client has taken some. */
  readonly onTaken: () => void;
}

export class Replies {
  readonly #options: RepliesOptions;
  #replies: Buffer[] = [];
  /** What these answers complete. */
  #outcomes: Outcome[] = [];
  #gatheredBytes = 0;
  #sentBytes = 0;

  constructor(options: RepliesOptions) {
    this.#options = options;
  }

  /** What of them the client has not taken yet. */
  get heldBytes(): number {
    return this.#gatheredBytes + this.#sentBytes;
  }

  push(answer: Buffer): void {
    this.#replies.push(answer);
    this.#gatheredBytes += answer.length + REPLY_OVERHEAD_BYTES;
  }

  /** What a request has come to. */
  complete(cookie: bigint, outcome: Outcome): void {
    this.#outcomes.push(outcome);
    this.push(reply(cookie, outcome.error));
    if (outcome.read !== null) this.push(outcome.read);
  }

  /** Nothing is answered before the log says so. */
  send(): void {
    const { socket, service, onTaken } = this.#options;
    const [answers, outcomes, bytes] = [this.#replies, this.#outcomes, this.#gatheredBytes];
    [this.#replies, this.#outcomes, this.#gatheredBytes] = [[], [], 0];
    // not earlier: a flush that came with these requests does not cover them, nobody was promised any of them yet
    if (!socket.destroyed) for (const outcome of outcomes) service.complete(outcome);
    service.log.commit();
    const last = answers.pop();
    if (last === undefined || socket.destroyed) return;
    this.#sentBytes += bytes;
    socket.cork();
    for (const answer of answers) socket.write(answer);
    socket.write(last, () => {
      this.#sentBytes -= bytes;
      onTaken();
    });
    socket.uncork();
  }
}

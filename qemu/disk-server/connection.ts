/** One client: the handshake, and then requests, until it goes or says what cannot be understood. */
import type { Socket } from 'node:net';
import type { Disk } from './disk.ts';
import { Handshake } from './handshake.ts';
import { Incoming } from './incoming.ts';
import type { MemoryBudget } from './memory-budget.ts';
import {
  COMMAND,
  greeting,
  NBD_ERROR,
  parseRequest,
  PAYLOAD_BYTES_MAX,
  reply,
  REQUEST_BYTES,
  type Request,
} from './protocol.ts';
import { REPLY_OVERHEAD_BYTES, Replies } from './replies.ts';
import type { DiskService, Gone, Outcome } from './service.ts';

/** No client needs more at once; QEMU sends sixteen. */
const WAITING_MAX = 64;
/** Answers that a client has not taken, or that a rule delays: nothing more is read from it until it has. */
const OWED_BYTES_MAX = 2 * PAYLOAD_BYTES_MAX;

/** How long a client that is sent away, or goes, may take to read what it is owed. */
const LEAVE_MS = 5000;

export interface ConnectionOptions {
  readonly path: string;
  /** What may be asked for on this path. */
  readonly disks: readonly Disk[];
  readonly service: DiskService;
  readonly budget: MemoryBudget;
  /** A disk that is gone has nobody connected. */
  readonly isGone: (disk: string) => boolean;
  /** A rule has a disk vanish. */
  readonly onVanish: (gone: Gone) => void;
  /** The machine below failed, or hostproof has: nobody can go on. */
  readonly onFailure: (error: unknown) => void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #incoming = new Incoming();
  readonly #replies: Replies;
  readonly #handshake: Handshake;
  /** What the handshake has come to. */
  #disk: Disk | null = null;
  #hasEnded = false;
  /** Of the payload that is under way. */
  #awaitedBytes = 0;
  /** Requests that a rule delays, and what they have read. */
  #waiting = 0;
  #waitingBytes = 0;
  /** What it asks for next has no room yet. */
  #isHeld = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    const { service, budget, disks } = options;
    this.#replies = new Replies({
      ...{ socket, service },
      onTaken: () => {
        budget.freed();
        if (socket.isPaused()) this.goOn();
      },
    });
    this.#handshake = new Handshake({
      ...{ incoming: this.#incoming, disks },
      answer: (bytes) => {
        this.#replies.push(bytes);
      },
      takes: (bytes) => this.#takes(bytes),
    });
    budget.enter(this);
    socket.on('data', (piece: Buffer) => {
      if (this.#hasEnded) return;
      this.#incoming.push(piece);
      this.goOn();
    });
    // it is over; what was asked for before is done
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#hasEnded = true;
      budget.leave(this);
    });
    socket.write(greeting());
  }

  /** At once; what it waits for is not answered any more. */
  drop(): void {
    this.#hasEnded = true;
    this.#socket.destroy();
  }

  /** Null: it has not come to one yet. */
  get disk(): string | null {
    return this.#disk?.name ?? null;
  }

  /** Memory that it has the server hold. */
  get heldBytes(): number {
    return this.#owedBytes + this.#awaitedBytes;
  }

  /** Understands as much as has arrived, and as may be answered. */
  goOn(): void {
    if (this.#hasEnded) return;
    this.#isHeld = false;
    try {
      while (this.#steps()) this.#replies.send();
      this.#replies.send();
    } catch (error) {
      this.#options.onFailure(error);
    }
    this.#listen();
  }

  /** To what comes next, or not yet. */
  #listen(): void {
    if (this.#hasEnded) return;
    if (this.#isHeld || !this.#mayGoOn()) this.#socket.pause();
    else this.#socket.resume();
  }

  /** As many as may be answered together. @returns whether there were any */
  #steps(): boolean {
    let steps = 0;
    while (this.#mayGoOn() && this.#step()) steps++;
    return steps > 0;
  }

  #mayGoOn(): boolean {
    return this.#waiting < WAITING_MAX && this.#owedBytes < OWED_BYTES_MAX;
  }

  get #owedBytes(): number {
    return this.#replies.heldBytes + this.#waitingBytes;
  }

  /** @returns whether there is room for so many bytes more */
  #takes(bytes: number): boolean {
    this.#isHeld = !this.#options.budget.admits(this, bytes);
    return !this.#isHeld;
  }

  /** @returns whether there was enough to go on */
  #step(): boolean {
    if (this.#hasEnded) return false;
    if (this.#disk !== null) return this.#request(this.#disk);
    const step = this.#handshake.step();
    if (step === 'waits') return false;
    if (step === 'ends') return this.#end();
    if (step === 'done') return true;
    if (this.#options.isGone(step.name)) {
      this.drop();
      return false;
    }
    this.#disk = step;
    return true;
  }

  #request(disk: Disk): boolean {
    const incoming = this.#incoming;
    if (incoming.lengthBytes < REQUEST_BYTES) return false;
    const request = parseRequest(incoming.peek(REQUEST_BYTES));
    if (request === null) return this.#end();
    if (request.command === COMMAND.disconnect) return this.#end();
    const payloadBytes = request.command === COMMAND.write ? request.length : 0;
    if (payloadBytes > PAYLOAD_BYTES_MAX) {
      incoming.discard(REQUEST_BYTES);
      incoming.skip(payloadBytes);
      this.#replies.push(reply(request.cookie, NBD_ERROR.invalid));
      return true;
    }
    // what is under way has its room
    if (this.#awaitedBytes === 0 && !this.#takes(memoryOf(request))) return false;
    const isWhole = incoming.lengthBytes >= REQUEST_BYTES + payloadBytes;
    if (isWhole && this.#awaitedBytes > 0) this.#options.budget.freed();
    this.#awaitedBytes = isWhole ? 0 : payloadBytes;
    if (!isWhole) return false;
    incoming.discard(REQUEST_BYTES);
    return this.#execute(disk, request, incoming.takePieces(payloadBytes));
  }

  #execute(disk: Disk, request: Request, payload: readonly Buffer[]): boolean {
    const { service, path, onVanish } = this.#options;
    const outcome = service.begin(path, disk, request, payload);
    if ('vanishing' in outcome) {
      // what was done before is told before
      this.#replies.send();
      onVanish(outcome.vanishing);
      return false;
    }
    if (outcome.delayMs === 0) this.#replies.complete(request.cookie, outcome);
    else this.#later(request, outcome);
    return true;
  }

  #later({ cookie }: Request, outcome: Outcome): void {
    const bytes = outcome.read?.length ?? 0;
    this.#waiting++;
    this.#waitingBytes += bytes;
    setTimeout(() => {
      this.#waiting--;
      this.#waitingBytes -= bytes;
      if (this.#hasEnded) return;
      this.#replies.complete(cookie, outcome);
      this.goOn();
    }, outcome.delayMs);
  }

  #end(): false {
    this.#replies.send();
    this.#hasEnded = true;
    this.#socket.destroySoon();
    // whoever does not read what it is still owed has no place here any more, either
    setTimeout(() => this.#socket.destroy(), LEAVE_MS).unref();
    return false;
  }
}

/** What a request has the server hold: its payload, or what it reads. */
function memoryOf({ command, length }: Request): number {
  const isPayload = command === COMMAND.read || command === COMMAND.write;
  // a longer one is refused
  const bytes = isPayload && length <= PAYLOAD_BYTES_MAX ? length : 0;
  return bytes + 2 * REPLY_OVERHEAD_BYTES;
}

/** One client: the handshake, and then requests, until it goes or says what cannot be understood. */
import type { Socket } from 'node:net';
import { REPLY_OVERHEAD_BYTES, Replies } from './replies.ts';
import type { Disk } from './disk.ts';
import { Incoming } from './incoming.ts';
import {
  CLIENT_FLAGS_BYTES,
  COMMAND,
  exportInfo,
  exportNameReply,
  FIXED_NEWSTYLE,
  greeting,
  listedName,
  NBD_ERROR,
  NO_ZEROES,
  OPTION,
  OPTION_BYTES_MAX,
  OPTION_HEADER_BYTES,
  OPTION_REPLY,
  optionReply,
  parseOptionHeader,
  parseRequest,
  parseWantedName,
  PAYLOAD_BYTES_MAX,
  reply,
  REQUEST_BYTES,
  type Request,
} from './protocol.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { DiskService, Outcome } from './service.ts';

/** No client needs more at once; QEMU sends sixteen. */
const WAITING_MAX = 64;
/** Answers that a client has not taken, or that a rule delays: nothing more is read from it until it has. */
const OWED_BYTES_MAX = 2 * PAYLOAD_BYTES_MAX;

/** How long a client that is sent away, or goes, may take to read what it is owed. */
const LEAVE_MS = 5000;

type Phase = 'flags' | 'options' | 'requests' | 'ended';

export interface ConnectionOptions {
  readonly path: string;
  /** What may be asked for on this path. */
  readonly disks: readonly Disk[];
  readonly service: DiskService;
  readonly budget: MemoryBudget;
  /** A rule has the disk vanish. @param path null: by every path */
  readonly onVanish: (path: string | null) => void;
  /** The machine below failed, or hostproof has: nobody can go on. */
  readonly onFailure: (error: unknown) => void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #incoming = new Incoming();
  readonly #replies: Replies;
  #phase: Phase = 'flags';
  #wantsZeroes = true;
  #disk: Disk | undefined;
  /** Of a payload that is not taken. */
  #unwantedBytes = 0;
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
    const { service, budget } = options;
    this.#replies = new Replies({
      ...{ socket, service },
      onTaken: () => {
        budget.freed();
        if (socket.isPaused()) this.goOn();
      },
    });
    budget.enter(this);
    socket.on('data', (piece: Buffer) => {
      if (this.#phase === 'ended') return;
      this.#incoming.push(piece);
      this.goOn();
    });
    // it is over; what was asked for before is done
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#phase = 'ended';
      budget.leave(this);
    });
    socket.write(greeting());
  }

  /** At once; what it waits for is not answered any more. */
  drop(): void {
    this.#phase = 'ended';
    this.#socket.destroy();
  }

  /** Memory that it has the server hold. */
  get heldBytes(): number {
    return this.#owedBytes + this.#awaitedBytes;
  }

  /** Understands as much as has arrived, and as may be answered. */
  goOn(): void {
    if (this.#phase === 'ended') return;
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
    if (this.#phase === 'ended') return;
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
    if (this.#unwantedBytes > 0) return this.#discard();
    switch (this.#phase) {
      case 'flags':
        return this.#flags();
      case 'options':
        return this.#option();
      case 'requests':
        return this.#request();
      case 'ended':
        return false;
    }
  }

  #flags(): boolean {
    if (this.#incoming.lengthBytes < CLIENT_FLAGS_BYTES) return false;
    const flags = this.#incoming.take(CLIENT_FLAGS_BYTES).readUInt32BE();
    if ((flags & ~(FIXED_NEWSTYLE | NO_ZEROES)) !== 0) return this.#end();
    this.#wantsZeroes = (flags & NO_ZEROES) === 0;
    this.#phase = 'options';
    return true;
  }

  #option(): boolean {
    if (this.#incoming.lengthBytes < OPTION_HEADER_BYTES) return false;
    if (!this.#takes(OPTION_BYTES_MAX)) return false;
    const header = parseOptionHeader(this.#incoming.peek(OPTION_HEADER_BYTES));
    if (header === null) return this.#end();
    const { option, length } = header;
    if (length > OPTION_BYTES_MAX) {
      this.#incoming.discard(OPTION_HEADER_BYTES);
      this.#unwantedBytes = length;
      this.#replies.push(optionReply(option, OPTION_REPLY.tooBig));
      return true;
    }
    if (this.#incoming.lengthBytes < OPTION_HEADER_BYTES + length) return false;
    this.#incoming.discard(OPTION_HEADER_BYTES);
    return this.#negotiate(option, this.#incoming.take(length));
  }

  #negotiate(option: number, payload: Buffer): boolean {
    const answer = (type: number, bytes: Buffer = Buffer.alloc(0)): true => {
      this.#replies.push(optionReply(option, type, bytes));
      return true;
    };
    switch (option) {
      case OPTION.exportName: {
        this.#disk = this.#find(payload.toString('utf8'));
        // the oldest option has no way to say no
        if (this.#disk === undefined) return this.#end();
        this.#replies.push(exportNameReply(this.#disk.sizeBytes, this.#wantsZeroes));
        this.#phase = 'requests';
        return true;
      }
      case OPTION.abort:
        answer(OPTION_REPLY.ack);
        return this.#end();
      case OPTION.list: {
        if (payload.length > 0) return answer(OPTION_REPLY.invalid);
        for (const { name } of this.#options.disks) answer(OPTION_REPLY.server, listedName(name));
        return answer(OPTION_REPLY.ack);
      }
      case OPTION.info:
      case OPTION.go: {
        const name = parseWantedName(payload);
        if (name === null) return answer(OPTION_REPLY.invalid);
        const disk = this.#find(name);
        if (disk === undefined) return answer(OPTION_REPLY.unknown);
        for (const info of exportInfo(disk.sizeBytes)) answer(OPTION_REPLY.info, info);
        answer(OPTION_REPLY.ack);
        if (option === OPTION.info) return true;
        this.#disk = disk;
        this.#phase = 'requests';
        return true;
      }
      default:
        return answer(OPTION_REPLY.unsupported);
    }
  }

  /** The empty name is that of the first. */
  #find(name: string): Disk | undefined {
    const { disks } = this.#options;
    return name === '' ? disks[0] : disks.find((disk) => disk.name === name);
  }

  #request(): boolean {
    const incoming = this.#incoming;
    if (incoming.lengthBytes < REQUEST_BYTES) return false;
    const request = parseRequest(incoming.peek(REQUEST_BYTES));
    if (request === null) return this.#end();
    if (request.command === COMMAND.disconnect) return this.#end();
    const payloadBytes = request.command === COMMAND.write ? request.length : 0;
    if (payloadBytes > PAYLOAD_BYTES_MAX) {
      incoming.discard(REQUEST_BYTES);
      this.#unwantedBytes = payloadBytes;
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
    return this.#execute(request, incoming.takePieces(payloadBytes));
  }

  #execute(request: Request, payload: readonly Buffer[]): boolean {
    const { service, path, onVanish } = this.#options;
    if (this.#disk === undefined) return this.#end();
    const outcome = service.begin(path, this.#disk, request, payload);
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
      if (this.#phase === 'ended') return;
      this.#replies.complete(cookie, outcome);
      this.goOn();
    }, outcome.delayMs);
  }

  #discard(): boolean {
    const bytes = Math.min(this.#unwantedBytes, this.#incoming.lengthBytes);
    this.#incoming.discard(bytes);
    this.#unwantedBytes -= bytes;
    return bytes > 0;
  }

  #end(): false {
    this.#replies.send();
    this.#phase = 'ended';
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

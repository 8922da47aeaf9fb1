/** One client: the handshake, and then requests, until it goes or says what cannot be understood. */
import type { Socket } from 'node:net';
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
import type { DiskService, Outcome } from './service.ts';

/** No client needs more at once; QEMU sends sixteen. */
const WAITING_MAX = 64;
/** Answers that a client does not read: nothing more is read from it until it does. */
const UNREAD_BYTES_MAX = 2 * PAYLOAD_BYTES_MAX;

type Phase = 'flags' | 'options' | 'requests' | 'ended';

export interface ConnectionOptions {
  readonly path: string;
  /** What may be asked for on this path. */
  readonly disks: readonly Disk[];
  readonly service: DiskService;
  /** A rule has the disk vanish. @param path null: by every path */
  readonly onVanish: (path: string | null) => void;
  /** The machine below failed, or hostproof has: nobody can go on. */
  readonly onFailure: (error: unknown) => void;
}

export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #incoming = new Incoming();
  /** Answers to what has arrived together: they go together. */
  readonly #answers: Buffer[] = [];
  /** What these answers complete. */
  readonly #outcomes: Outcome[] = [];
  #answerBytes = 0;
  #phase: Phase = 'flags';
  #wantsZeroes = true;
  #disk: Disk | undefined;
  /** Of a payload that is not taken. */
  #unwantedBytes = 0;
  /** Requests that a rule delays. */
  #waiting = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', (piece: Buffer) => {
      if (this.#phase === 'ended') return;
      this.#incoming.push(piece);
      this.#advance();
    });
    socket.on('drain', () => {
      this.#advance();
    });
    // it is over; what was asked for before is done
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#phase = 'ended';
    });
    socket.write(greeting());
  }

  /** At once; what it waits for is not answered any more. */
  drop(): void {
    this.#phase = 'ended';
    this.#socket.destroy();
  }

  /** Understands as much as has arrived, and as may be answered. */
  #advance(): void {
    try {
      while (this.#steps()) this.#answer();
      this.#answer();
    } catch (error) {
      this.#options.onFailure(error);
    }
    if (this.#phase === 'ended') return;
    if (this.#mayGoOn()) this.#socket.resume();
    else this.#socket.pause();
  }

  /** As many as may be answered together. @returns whether there were any */
  #steps(): boolean {
    let steps = 0;
    while (this.#mayGoOn() && this.#step()) steps++;
    return steps > 0;
  }

  #mayGoOn(): boolean {
    const unreadBytes = this.#socket.writableLength + this.#answerBytes;
    return this.#waiting < WAITING_MAX && unreadBytes < UNREAD_BYTES_MAX;
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
    const header = parseOptionHeader(this.#incoming.peek(OPTION_HEADER_BYTES));
    if (header === null) return this.#end();
    const { option, length } = header;
    if (length > OPTION_BYTES_MAX) {
      this.#incoming.discard(OPTION_HEADER_BYTES);
      this.#unwantedBytes = length;
      this.#push(optionReply(option, OPTION_REPLY.tooBig));
      return true;
    }
    if (this.#incoming.lengthBytes < OPTION_HEADER_BYTES + length) return false;
    this.#incoming.discard(OPTION_HEADER_BYTES);
    return this.#negotiate(option, this.#incoming.take(length));
  }

  #negotiate(option: number, payload: Buffer): boolean {
    const answer = (type: number, bytes: Buffer = Buffer.alloc(0)): true => {
      this.#push(optionReply(option, type, bytes));
      return true;
    };
    switch (option) {
      case OPTION.exportName: {
        this.#disk = this.#find(payload.toString('utf8'));
        // the oldest option has no way to say no
        if (this.#disk === undefined) return this.#end();
        this.#push(exportNameReply(this.#disk.sizeBytes, this.#wantsZeroes));
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
      this.#push(reply(request.cookie, NBD_ERROR.invalid));
      return true;
    }
    if (incoming.lengthBytes < REQUEST_BYTES + payloadBytes) return false;
    incoming.discard(REQUEST_BYTES);
    return this.#execute(request, incoming.takePieces(payloadBytes));
  }

  #execute(request: Request, payload: readonly Buffer[]): boolean {
    const { service, path, onVanish } = this.#options;
    if (this.#disk === undefined) return this.#end();
    const outcome = service.begin(path, this.#disk, request, payload);
    if ('vanishing' in outcome) {
      // what was done before is told before
      this.#answer();
      onVanish(outcome.vanishing);
      return false;
    }
    if (outcome.delayMs === 0) this.#complete(request, outcome);
    else this.#later(request, outcome);
    return true;
  }

  #later(request: Request, outcome: Outcome): void {
    this.#waiting++;
    setTimeout(() => {
      this.#waiting--;
      if (this.#phase === 'ended') return;
      this.#complete(request, outcome);
      this.#advance();
    }, outcome.delayMs);
  }

  #complete({ cookie }: Request, outcome: Outcome): void {
    this.#outcomes.push(outcome);
    this.#push(reply(cookie, outcome.error));
    if (outcome.read !== null) this.#push(outcome.read);
  }

  #push(answer: Buffer): void {
    this.#answers.push(answer);
    this.#answerBytes += answer.length;
  }

  /** Nothing is answered before the log says so. */
  #answer(): void {
    const { service } = this.#options;
    const [answers, outcomes] = [this.#answers.splice(0), this.#outcomes.splice(0)];
    this.#answerBytes = 0;
    const isThere = !this.#socket.destroyed;
    // not earlier: a flush that came with these requests does not cover them, nobody was promised any of them yet
    if (isThere) for (const outcome of outcomes) service.complete(outcome);
    service.log.commit();
    if (answers.length === 0 || !isThere) return;
    this.#socket.cork();
    for (const answer of answers) this.#socket.write(answer);
    this.#socket.uncork();
  }

  #discard(): boolean {
    const bytes = Math.min(this.#unwantedBytes, this.#incoming.lengthBytes);
    this.#incoming.discard(bytes);
    this.#unwantedBytes -= bytes;
    return bytes > 0;
  }

  #end(): false {
    this.#answer();
    this.#phase = 'ended';
    // whatever the client does then: it has no place here any more
    this.#socket.destroySoon();
    return false;
  }
}

/** What a client and the server agree on before the first request: which disk it is about. */
import type { Disk } from './disk.ts';
import type { Incoming } from './incoming.ts';
import {
  CLIENT_FLAGS_BYTES,
  exportInfo,
  exportNameReply,
  FIXED_NEWSTYLE,
  listedName,
  NO_ZEROES,
  OPTION,
  OPTION_BYTES_MAX,
  OPTION_HEADER_BYTES,
  OPTION_REPLY,
  optionReply,
  parseOptionHeader,
  parseWantedName,
} from './protocol.ts';

export interface HandshakeOptions {
  readonly incoming: Incoming;
  /** What may be asked for. */
  readonly disks: readonly Disk[];
  /** Owes the client an answer. */
  readonly answer: (bytes: Buffer) => void;
  /** Whether there is memory for so many bytes more. */
  readonly takes: (bytes: number) => boolean;
}

/** A step of it: there is more to do, or not yet enough has arrived, or nothing follows any more, or it has come to a disk. */
export type HandshakeStep = 'done' | 'waits' | 'ends' | Disk;

export class Handshake {
  readonly #options: HandshakeOptions;
  #hasFlags = false;
  #wantsZeroes = true;

  constructor(options: HandshakeOptions) {
    this.#options = options;
  }

  step(): HandshakeStep {
    return this.#hasFlags ? this.#option() : this.#flags();
  }

  #flags(): HandshakeStep {
    const { incoming } = this.#options;
    if (incoming.lengthBytes < CLIENT_FLAGS_BYTES) return 'waits';
    const flags = incoming.take(CLIENT_FLAGS_BYTES).readUInt32BE();
    if ((flags & ~(FIXED_NEWSTYLE | NO_ZEROES)) !== 0) return 'ends';
    this.#wantsZeroes = (flags & NO_ZEROES) === 0;
    this.#hasFlags = true;
    return 'done';
  }

  #option(): HandshakeStep {
    const { incoming, answer, takes } = this.#options;
    if (incoming.lengthBytes < OPTION_HEADER_BYTES || !takes(OPTION_BYTES_MAX)) return 'waits';
    const header = parseOptionHeader(incoming.peek(OPTION_HEADER_BYTES));
    if (header === null) return 'ends';
    const { option, length } = header;
    if (length > OPTION_BYTES_MAX) {
      incoming.discard(OPTION_HEADER_BYTES);
      incoming.skip(length);
      answer(optionReply(option, OPTION_REPLY.tooBig));
      return 'done';
    }
    if (incoming.lengthBytes < OPTION_HEADER_BYTES + length) return 'waits';
    incoming.discard(OPTION_HEADER_BYTES);
    return this.#negotiate(option, incoming.take(length));
  }

  #negotiate(option: number, payload: Buffer): HandshakeStep {
    const { disks, answer } = this.#options;
    const reply = (type: number, bytes?: Buffer): 'done' => {
      answer(optionReply(option, type, bytes));
      return 'done';
    };
    switch (option) {
      case OPTION.exportName: {
        const disk = this.#find(payload.toString('utf8'));
        // the oldest option has no way to say no
        if (disk === undefined) return 'ends';
        answer(exportNameReply(disk.sizeBytes, this.#wantsZeroes));
        return disk;
      }
      case OPTION.abort:
        reply(OPTION_REPLY.ack);
        return 'ends';
      case OPTION.list: {
        if (payload.length > 0) return reply(OPTION_REPLY.invalid);
        for (const { name } of disks) reply(OPTION_REPLY.server, listedName(name));
        return reply(OPTION_REPLY.ack);
      }
      case OPTION.info:
      case OPTION.go: {
        const name = parseWantedName(payload);
        if (name === null) return reply(OPTION_REPLY.invalid);
        const disk = this.#find(name);
        if (disk === undefined) return reply(OPTION_REPLY.unknown);
        for (const info of exportInfo(disk.sizeBytes)) reply(OPTION_REPLY.info, info);
        reply(OPTION_REPLY.ack);
        return option === OPTION.go ? disk : 'done';
      }
      default:
        return reply(OPTION_REPLY.unsupported);
    }
  }

  /** The empty name is that of the first. */
  #find(name: string): Disk | undefined {
    const { disks } = this.#options;
    return name === '' ? disks[0] : disks.find((disk) => disk.name === name);
  }
}

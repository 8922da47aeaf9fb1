/** A client for tests, that says exactly what it is told to: also what no sound client would. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { COMMAND, COMMAND_FLAG } from '../../disk-server/protocol.ts';

const OPTION_MAGIC = 0x49484156454f5054n;
const REQUEST_MAGIC = 0x25609513;
const GO = 7;

export interface Wire {
  readonly command?: number;
  readonly flags?: number;
  readonly offset?: number | bigint;
  /** What the request says, whatever its payload is. */
  readonly length?: number;
  readonly payload?: Buffer;
  readonly magic?: number;
}

export class Client implements Disposable {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  #received = Buffer.alloc(0);
  #cookie = 0n;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = once(socket, 'close');
    socket.on('data', (bytes: Buffer) => (this.#received = Buffer.concat([this.#received, bytes])));
    socket.on('error', () => undefined);
  }

  /** Connected, and greeted. */
  static async connect(path: string): Promise<Client> {
    const socket = createConnection({ path });
    const client = new Client(socket);
    await client.take(18);
    return client;
  }

  /** Ready for requests to a disk. */
  static async open(path: string, disk: string): Promise<Client> {
    const client = await Client.connect(path);
    client.flags(3);
    client.option(GO, wanted(disk));
    for (let type = 0; type !== 1;) type = (await client.optionReply()).type;
    return client;
  }

  flags(flags: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(flags);
    this.socket.write(bytes);
  }

  option(option: number, payload: Buffer = Buffer.alloc(0), length = payload.length): void {
    const header = Buffer.alloc(16);
    header.writeBigUInt64BE(OPTION_MAGIC, 0);
    header.writeUInt32BE(option, 8);
    header.writeUInt32BE(length, 12);
    this.socket.write(Buffer.concat([header, payload]));
  }

  async optionReply(): Promise<{ readonly type: number; readonly payload: Buffer }> {
    const header = await this.take(20);
    return { type: header.readUInt32BE(12), payload: await this.take(header.readUInt32BE(16)) };
  }

  /** @returns the cookie of it */
  send({ command = COMMAND.read, flags = 0, offset = 0, payload, magic, ...rest }: Wire): bigint {
    const header = Buffer.alloc(28);
    const cookie = ++this.#cookie;
    header.writeUInt32BE(magic ?? REQUEST_MAGIC, 0);
    header.writeUInt16BE(flags, 4);
    header.writeUInt16BE(command, 6);
    header.writeBigUInt64BE(cookie, 8);
    header.writeBigUInt64BE(BigInt(offset), 16);
    header.writeUInt32BE(rest.length ?? payload?.length ?? 0, 24);
    this.socket.write(Buffer.concat([header, payload ?? Buffer.alloc(0)]));
    return cookie;
  }

  async reply(): Promise<{ readonly cookie: bigint; readonly error: number }> {
    const header = await this.take(16);
    return { error: header.readUInt32BE(4), cookie: header.readBigUInt64BE(8) };
  }

  async ask(wire: Wire): Promise<number> {
    const cookie = this.send(wire);
    const reply = await this.reply();
    if (reply.cookie !== cookie) throw new Error('the reply is for another request');
    return reply.error;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const error = await this.ask({ command: COMMAND.read, offset, length });
    if (error !== 0) throw new Error(`reading failed with ${error.toString()}`);
    return this.take(length);
  }

  async write(offset: number, payload: Buffer, { fua = false } = {}): Promise<number> {
    return this.ask({ command: COMMAND.write, flags: fua ? COMMAND_FLAG.fua : 0, offset, payload });
  }

  flush(): Promise<number> {
    return this.ask({ command: COMMAND.flush });
  }

  async take(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      if (this.socket.destroyed) throw new Error('the server has closed the connection');
      await Promise.race([once(this.socket, 'data'), this.closed]);
    }
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** The payload of INFO and GO. */
export function wanted(disk: string): Buffer {
  const name = Buffer.from(disk);
  const bytes = Buffer.alloc(4 + name.length + 2);
  bytes.writeUInt32BE(name.length);
  name.copy(bytes, 4);
  return bytes;
}

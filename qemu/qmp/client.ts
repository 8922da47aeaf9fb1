/** A client of the QEMU Machine Protocol (QEMU's docs/interop/qmp-spec.txt) over a connected socket. */
import type { Socket } from 'node:net';

import { HostproofError } from '../../harness/domain/errors.ts';
import { deferred } from '../deferred.ts';
import { LineSplitter } from '../lines.ts';
import { parseMessage, type QmpEvent, type QmpGreeting } from './messages.ts';

export interface QmpOptions {
  /** Names the machine in errors. */
  readonly machine: string;
  /** Longest answer or event that is taken, in characters. */
  readonly messageLengthMax?: number;
  /** Default for each command; a QEMU that flushes to a busy disk can be slow to answer. */
  readonly deadlineMs?: number;
  /** Gets every message as one line of JSON, in the order in which it was sent or seen. */
  readonly transcript?: (direction: 'sent' | 'received', line: string) => void;
  /** What is known of QEMU's end when the connection is lost, for the error message. */
  readonly lastWords?: () => Promise<string>;
}

export interface QmpCommandOptions {
  readonly deadlineMs?: number;
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: HostproofError) => void;
  readonly timer: NodeJS.Timeout;
}

const MESSAGE_LENGTH_MAX = 4 * 1024 * 1024;
const DEADLINE_MS = 20_000;

export class QmpClient {
  readonly #socket: Socket;
  readonly #options: QmpOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  /** Told when there will be no more events. */
  readonly #waiting = new Set<(error: HostproofError) => void>();
  readonly #greeting = deferred<QmpGreeting>();
  #nextId = 1;
  #failure: HostproofError | undefined;

  private constructor(socket: Socket, options: QmpOptions) {
    this.#socket = socket;
    this.#options = options;
    const lines = new LineSplitter(
      options.messageLengthMax ?? MESSAGE_LENGTH_MAX,
      (line) => {
        this.#receive(line);
      },
      () => {
        this.#fail('QEMU sent a message beyond any sensible length');
      },
    );
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      if (this.#failure === undefined) lines.push(text);
    });
    socket.on('error', (error) => void this.#lost(`QEMU closed the connection (${error.message})`));
    socket.on('close', () => void this.#lost('QEMU closed the connection'));
    if (socket.closed) void this.#lost('QEMU closed the connection');
  }

  /** Waits for the greeting and leaves the negotiation mode: from here on events come. */
  static async connect(
    socket: Socket,
    options: QmpOptions,
  ): Promise<{ readonly client: QmpClient; readonly version: QmpGreeting }> {
    const client = new QmpClient(socket, options);
    const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    const timer = setTimeout(() => {
      client.#fail(`no greeting from QEMU within ${String(deadlineMs)} ms`);
    }, deadlineMs);
    try {
      const version = await client.#greeting.promise;
      await client.execute('qmp_capabilities');
      return { client, version };
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Runs one command and gives back its unparsed answer.
   *
   * @throws HostproofError `harness/qmp` if QEMU refuses it, does not answer in time, or is gone
   */
  execute(
    command: string,
    parameters: Readonly<Record<string, unknown>> = {},
    { deadlineMs = this.#options.deadlineMs ?? DEADLINE_MS }: QmpCommandOptions = {},
  ): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(this.#error(`QEMU did not answer ${command} within ${String(deadlineMs)} ms`));
      }, deadlineMs);
      this.#pending.set(id, { command, resolve, reject, timer });
      const line = JSON.stringify({ execute: command, arguments: parameters, id });
      this.#options.transcript?.('sent', line);
      this.#socket.write(`${line}\n`);
    });
  }

  /**
   * The first event from now on that `matches`. `what` names it in errors.
   *
   * @throws HostproofError `harness/qmp` if it does not come in time, or QEMU is gone
   */
  event(
    what: string,
    matches: (event: QmpEvent) => boolean,
    { deadlineMs = this.#options.deadlineMs ?? DEADLINE_MS }: QmpCommandOptions = {},
  ): Promise<QmpEvent> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = deferred<QmpEvent>();
    const timer = setTimeout(() => {
      reject(this.#error(`${what} did not come within ${String(deadlineMs)} ms`));
    }, deadlineMs);
    const stop = this.onEvent((event) => {
      if (matches(event)) resolve(event);
    });
    this.#waiting.add(reject);
    return promise.finally(() => {
      clearTimeout(timer);
      stop();
      this.#waiting.delete(reject);
    });
  }

  /** Calls back for every event, in order; returns unsubscribe. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(line: string): void {
    const message = parseMessage(line);
    this.#options.transcript?.(
      'received',
      message === undefined ? JSON.stringify(line) : line.trimEnd(),
    );
    if (message === undefined) {
      this.#fail(`QEMU sent what is no QMP message: ${line.slice(0, 200)}`);
      return;
    }
    switch (message.kind) {
      case 'greeting':
        this.#greeting.resolve(message.version);
        return;
      case 'event':
        for (const listener of this.#listeners) listener(message.event);
        return;
      case 'success':
        this.#take(message.id)?.resolve(message.value);
        return;
      case 'error':
        this.#refused(message.id, message.description);
    }
  }

  #refused(id: number | undefined, description: string): void {
    const pending = id === undefined ? undefined : this.#take(id);
    if (pending === undefined) {
      this.#fail(`QEMU answered with an error that belongs to no command: ${description}`);
      return;
    }
    pending.reject(this.#error(`QEMU refused ${pending.command}: ${description}`));
  }

  /** The command of this id, taken off the list; undefined if its deadline has already passed. */
  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    clearTimeout(pending.timer);
    this.#pending.delete(id);
    return pending;
  }

  async #lost(reason: string): Promise<void> {
    if (this.#failure !== undefined) return;
    const words = (await this.#options.lastWords?.()) ?? '';
    this.#fail(words === '' ? reason : `${reason}; ${words}`);
  }

  #fail(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = this.#error(reason);
    this.#socket.destroy();
    this.#greeting.reject(this.#failure);
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(this.#failure);
    for (const reject of [...this.#waiting]) reject(this.#failure);
  }

  #error(reason: string): HostproofError {
    return new HostproofError('harness/qmp', `${this.#options.machine}: ${reason}`);
  }
}

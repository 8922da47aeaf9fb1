/** The process that serves the disks of a host, as the harness sees it. */
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { execa, type ResultPromise } from 'execa';
import { HostproofError, messageOf } from '../../harness/domain/errors.ts';
import type { Unflushed } from '../../harness/domain/fault.ts';
import { deferred } from '../deferred.ts';
import { LineSplitter } from '../lines.ts';
import { cutSchema, saidSchema, type Said, type Struck, type Tasks, type Wish } from './control.ts';
import type { RuleInput } from './rule.ts';

const START = fileURLToPath(new URL('start.mjs', import.meta.url));
const SAID_LENGTH_MAX = 64 * 1024;
const STDERR_TAIL_LENGTH = 4096;
/** A wish is done in no time, but for a cut of a long log. */
const WISH_MS_MAX = 60_000;
/** Until what was answered is written. */
const END_MS_MAX = 20_000;

const OPTIONS = {
  stdin: 'pipe',
  stdout: 'pipe',
  stderr: 'pipe',
  buffer: false,
  reject: false,
  // Ctrl-C in the terminal is the harness's to answer: it ends its machines first. The server ends with its input, so that it
  // does not outlive the harness
  detached: true,
} as const;

export interface DiskServerOptions extends Tasks {
  readonly onStruck: (struck: Struck) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class DiskServerProcess implements AsyncDisposable {
  /** Rejects with `env/*` when it cannot go on; never resolves. */
  readonly unfit: Promise<never>;
  readonly #options: DiskServerOptions;
  readonly #child: ResultPromise<typeof OPTIONS>;
  readonly #unfit = deferred<never>();
  readonly #ready = deferred<undefined>();
  readonly #pending: Pending[] = [];
  #failure: HostproofError | undefined;
  #stderr = '';
  #isEnding = false;
  /** Connected now; `#came` has one more. */
  #clients = 0;
  readonly #came = new EventEmitter();

  private constructor({ onStruck, ...tasks }: DiskServerOptions) {
    this.#options = { onStruck, ...tasks };
    this.unfit = this.#unfit.promise;
    this.#child = execa(process.execPath, [START, JSON.stringify(tasks)], OPTIONS);
    const lines = new LineSplitter(
      SAID_LENGTH_MAX,
      (line) => {
        this.#hear(line);
      },
      () => undefined,
    );
    this.#child.stdout.setEncoding('utf8');
    this.#child.stdout.on('data', (text: string) => {
      lines.push(text);
    });
    this.#child.stderr.setEncoding('utf8');
    this.#child.stderr.on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL_LENGTH);
    });
    // a process that has ended takes no wishes, which is told otherwise
    this.#child.stdin.on('error', () => undefined);
    void this.#child.then(({ exitCode, signal }) => {
      // nobody waits for an answer any more
      this.#fail(`ended with ${signal ?? String(exitCode)} ${this.#stderr}`);
    });
  }

  /**
   * Begins to serve the disks of a log, as they are at its end.
   *
   * @throws HostproofError `env/*` when it cannot
   */
  static async start(options: DiskServerOptions): Promise<DiskServerProcess> {
    const server = new DiskServerProcess(options);
    try {
      await Promise.race([server.#ready.promise, server.unfit]);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @returns the number of its record */
  async mark(text: string): Promise<number> {
    return Number(await this.#wish({ wish: 'mark', text }));
  }

  async arm(rule: RuleInput): Promise<void> {
    await this.#wish({ wish: 'arm', rule });
  }

  /** @returns whether it was armed still */
  async disarm(id: string): Promise<boolean> {
    return (await this.#wish({ wish: 'disarm', id })) === true;
  }

  /** Drops who is connected by a path, and lets nobody in. @param path null: every path */
  async close(path: string | null): Promise<void> {
    await this.#wish({ wish: 'close', path });
  }

  async reopen(path: string | null): Promise<void> {
    await this.#wish({ wish: 'reopen', path });
  }

  /** Resolves when somebody is connected; with false if nobody is in time. */
  async attended(limitMs: number): Promise<boolean> {
    if (this.#clients > 0) return true;
    const signal = AbortSignal.timeout(limitMs);
    return once(this.#came, 'client', { signal }).then(
      () => true,
      () => false,
    );
  }

  /** The power goes away, for the disks. Nobody may need them any more. */
  async cut(seed: number): Promise<Unflushed> {
    return cutSchema.parse(await this.#wish({ wish: 'cut', seed }));
  }

  /** Resolves when it has ended, and the log has all that was answered. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS_MAX);
    await this.#child;
    clearTimeout(timer);
  }

  #wish(wish: Wish): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(`it has not answered "${wish.wish}" within ${String(WISH_MS_MAX / 1000)} s`);
      }, WISH_MS_MAX);
      const settled = <T>(then: (value: T) => void) => {
        return (value: T): void => {
          clearTimeout(timer);
          then(value);
        };
      };
      this.#pending.push({ resolve: settled(resolve), reject: settled(reject) });
      this.#child.stdin.write(`${JSON.stringify(wish)}\n`);
    });
  }

  #hear(line: string): void {
    const said = this.#understood(line);
    if (said === null) return;
    switch (said.said) {
      case 'ready':
        this.#ready.resolve(undefined);
        return;
      case 'answer':
        this.#pending.shift()?.resolve(said.value);
        return;
      case 'refusal':
        this.#pending
          .shift()
          ?.reject(new HostproofError('harness/internal', `the disk server: ${said.why}`));
        return;
      case 'struck':
        this.#options.onStruck(said.struck);
        return;
      case 'clients':
        this.#clients = said.count;
        if (said.count > 0) this.#came.emit('client');
        return;
      case 'failure':
        this.#fail(said.why, said.code);
    }
  }

  #understood(line: string): Said | null {
    try {
      return saidSchema.parse(JSON.parse(line));
    } catch (error) {
      this.#fail(`said what cannot be understood: ${messageOf(error)}`);
      return null;
    }
  }

  #fail(why: string, code: string | null = null): void {
    if (this.#failure !== undefined) return;
    this.#failure = this.#refuseAll(why, code);
    if (!this.#isEnding) this.#unfit.reject(this.#failure);
  }

  /** Nobody gets an answer any more. @returns why */
  #refuseAll(why: string, code: string | null): HostproofError {
    const error = new HostproofError(
      code === 'ENOSPC' ? 'env/disk-full' : 'env/io',
      `the disk server of ${this.#options.log}: ${why.trim()}`,
    );
    for (const { reject } of this.#pending.splice(0)) reject(error);
    return error;
  }
}

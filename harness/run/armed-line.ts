/** The line that a step's files are served over, and how it fails. */
import type { FaultStamp, LineFault } from '../domain/fault.ts';
import type { FailingLine } from '../ports/shell.ts';

const LOOPBACK = '127.0.0.1';
/** Names below `.invalid` are nobody's (RFC 2606). */
const NOBODYS_NAME = 'updates.invalid';
/** The words of libcurl, which dnf and ostree fetch with, and of the C library. */
const NOT_RESOLVED =
  /(could ?n[o']t|cannot) resolve host|name or service not known|failure in name resolution/i;
const WORDS_MAX = 300;

export interface ArmedLine extends FailingLine {
  /** What the guest has to ask for what is served on this port of its loopback. */
  readonly server: (served: { readonly port: number }) => string;
  /** Called with what the guest's tools say meanwhile. */
  readonly hears: (text: string) => void;
  /** Null as long as it has not failed. */
  readonly stamp: FaultStamp | null;
}

export function onLoopback({ port }: { readonly port: number }): string {
  return `${LOOPBACK}:${port.toString()}`;
}

export function armedLine(fault: LineFault): ArmedLine {
  return fault.does.kind === 'unresolved' ? new UnresolvedName(fault) : new Wire(fault);
}

class Wire implements ArmedLine {
  readonly failsAfterBytes: number;
  readonly does: LineFault['does'];
  readonly server = onLoopback;
  readonly hears = (): void => undefined;
  stamp: FaultStamp | null = null;
  readonly #fault: string;

  constructor({ fault, does, when }: LineFault) {
    this.#fault = fault;
    this.does = does;
    this.failsAfterBytes = when.bytes;
  }

  readonly onFailed = (bytesServed: number): void => {
    this.stamp = { fault: this.#fault, bytesServed };
  };
}

/** Everything is served as ever, and nobody finds it: the guest's own tool says so, and no connection has come about. */
class UnresolvedName implements ArmedLine {
  readonly failsAfterBytes = Number.POSITIVE_INFINITY;
  readonly does: LineFault['does'];
  readonly onFailed = (): void => undefined;
  readonly #fault: string;
  #said: string | null = null;
  #isFound = false;

  constructor({ fault, does }: LineFault) {
    this.#fault = fault;
    this.does = does;
  }

  readonly server = ({ port }: { readonly port: number }): string =>
    `${NOBODYS_NAME}:${port.toString()}`;

  readonly hears = (text: string): void => {
    if (text.includes(NOBODYS_NAME) && NOT_RESOLVED.test(text))
      this.#said ??= text.slice(0, WORDS_MAX);
  };

  readonly onConnection = (): void => {
    this.#isFound = true;
  };

  get stamp(): FaultStamp | null {
    if (this.#said === null || this.#isFound) return null;
    return { fault: this.#fault, name: NOBODYS_NAME, said: this.#said };
  }
}

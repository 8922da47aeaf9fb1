/** Commands on a running host. */
import type { LineFault } from '../domain/fault.ts';

export interface CommandResult {
  /** Exit status; null if a signal ended the command. */
  readonly status: number | null;
  /** Bounded: what goes beyond is cut, and `truncated` says so. */
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly deadlineMs: number;
  /** Called with each line of standard error as it comes, for progress. */
  readonly onStderrLine?: (line: string) => void;
  /** Ends the wait (not the command). */
  readonly signal?: AbortSignal;
}

/** @throws HostproofError `host/timeout` at the deadline, `host/never` when the connection is lost */
export interface Shell extends AsyncDisposable {
  /** Runs a command with the host's `/bin/sh`; give data through `stdin`, or quote it with `quote`. */
  readonly run: (command: string, options: RunOptions) => Promise<CommandResult>;
  /** Serves `127.0.0.1:<port>` in the guest from a handler of ours; resolves with the port in the guest. */
  readonly serve: (
    service: HttpService,
    line?: FailingLine,
  ) => Promise<{ readonly port: number } & AsyncDisposable>;
}

/** A line that fails once so many bytes of files have been sent. */
export interface FailingLine {
  readonly failsAfterBytes: number;
  readonly does: LineFault['does'];
  /** Called once. */
  readonly onFailed: (bytesServed: number) => void;
  /** Called for each connection that comes about. */
  readonly onConnection?: () => void;
}

/** What is served over HTTP: single files by their request path, and directories by the request path of their top. */
export interface HttpService {
  readonly files: ReadonlyMap<
    string,
    { readonly path: string; readonly sizeBytes: number } | { readonly text: string }
  >;
  /** Every regular file below; links are not followed. */
  readonly directories: ReadonlyMap<string, string>;
}

/** A word that a POSIX shell reads as exactly this text. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

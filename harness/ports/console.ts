/** The serial console of a machine. */

export interface ConsoleScreen {
  /** Rows of the terminal, without trailing blanks. */
  readonly rows: readonly string[];
}

export const KEYS = [
  'enter',
  'up',
  'down',
  'escape',
  'tab',
  'ctrl-c',
  'ctrl-d',
  'ctrl-n',
  'ctrl-p',
  'ctrl-x',
  'home',
  'end',
] as const;
export type Key = (typeof KEYS)[number];

export interface MachineConsole {
  /** What a person would see now. */
  readonly screen: () => Promise<ConsoleScreen>;
  readonly press: (key: Key) => Promise<void>;
  readonly type: (text: string) => Promise<void>;
  /** Calls back for each complete line (escape sequences removed, at most 4096 characters); returns unsubscribe. */
  readonly onLine: (listener: (line: string) => void) => () => void;
  /** Calls back whenever anything arrived; returns unsubscribe. */
  readonly onOutput: (listener: () => void) => () => void;
  /** The last lines, newest last. */
  readonly tail: (lines: number) => readonly string[];
  /** Bytes received since the machine was started. */
  readonly receivedBytes: () => number;
}

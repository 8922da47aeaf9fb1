/** Connects to a guest as soon as it can answer; meant to be called while it boots. */
import type { Shell } from './shell.ts';

export type Connect = (options: {
  /** On 127.0.0.1, forwarded to the guest's ssh. */
  readonly port: number;
  /** On 127.0.0.1, forwarded to a port of the guest where nothing listens: a refusal there means its network is up. */
  readonly closedPort: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}) => Promise<Shell>;

/** Two ways to see that an installation will never finish, although nobody says so: it asks, or it stands still. */
import { symptomOf } from '../checks/symptoms.ts';
import { HostproofError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { RunningMachine } from '../ports/machine.ts';
import { SymptomError } from './symptom-watch.ts';

const LOOK_EVERY_MS = 5_000;
/** A prompt is only taken for one when nothing has followed it for this long. */
const QUIET_MS = 6_000;

export interface ProgressWatchOptions {
  /** What goes on, for the message. */
  readonly what: string;
  readonly clock: Clock;
  /** Without output and without a byte written for this long, it stands still. */
  readonly stallMs: number;
  /** A person is at the machine: prompts and standstill are for him to judge. */
  readonly isAttended: boolean;
  readonly signal: AbortSignal;
}

/** Looks at the machine now and then. Rejects, or ends with the signal; never resolves. */
export class ProgressWatch {
  readonly #machine: RunningMachine;
  readonly #options: ProgressWatchOptions;
  #bytesWritten = 0;
  #outputBytes = -1;
  #sinceOutputMs = 0;
  #sinceProgressMs = 0;

  constructor(machine: RunningMachine, options: ProgressWatchOptions) {
    this.#machine = machine;
    this.#options = options;
  }

  /** On all disks, as far as was seen. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** @throws HostproofError `host/never` at a prompt, `host/timeout` at a standstill */
  async run(): Promise<never> {
    const { clock, isAttended, signal } = this.#options;
    this.#sinceOutputMs = this.#sinceProgressMs = clock.nowMs();
    for (;;) {
      await this.#measure();
      if (!isAttended) await this.#judge();
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  async #measure(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    // A machine that has just ended cannot say any more; its end is told elsewhere.
    const { bytesWritten } = await this.#machine
      .blockStatistics()
      .catch(() => ({ bytesWritten: this.#bytesWritten }));
    const outputBytes = this.#machine.console.receivedBytes();
    if (outputBytes !== this.#outputBytes) this.#sinceOutputMs = this.#sinceProgressMs = nowMs;
    if (bytesWritten !== this.#bytesWritten) this.#sinceProgressMs = nowMs;
    this.#outputBytes = outputBytes;
    this.#bytesWritten = bytesWritten;
  }

  async #judge(): Promise<void> {
    const { clock } = this.#options;
    if (clock.nowMs() - this.#sinceOutputMs >= QUIET_MS) await this.#judgePrompt();
    this.#judgeStandstill();
  }

  /** A prompt has no line end, so no line of the console ever carries it: it is the last thing on the screen. */
  async #judgePrompt(): Promise<void> {
    const { rows } = await this.#machine.console.screen();
    const line = rows.findLast((row) => row !== '')?.trim() ?? '';
    const symptom = symptomOf(line);
    if (symptom?.kind === 'never') throw new SymptomError(this.#options.what, { symptom, line });
  }

  #judgeStandstill(): void {
    const { clock, stallMs, what } = this.#options;
    if (clock.nowMs() - this.#sinceProgressMs < stallMs) return;
    const minutes = (stallMs / 60_000).toFixed(0);
    const last = this.#machine.console.tail(1)[0] ?? 'nothing';
    throw new HostproofError(
      'host/timeout',
      `${what}: no output and nothing written for ${minutes} minutes; the console's last line: ${last}`,
    );
  }
}

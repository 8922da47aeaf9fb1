/** What a report is: a fold over the events of a run that writes text. */
import type { Event } from '../harness/domain/event.ts';

export interface ReporterOptions {
  readonly write: (text: string) => void;
  /** The text goes to a terminal, which can be written over. */
  readonly isTTY: boolean;
  readonly color: boolean;
  /** Width of the terminal. */
  readonly columns: number;
  /** The run directory as a person would type it; evidence is shown below it. */
  readonly dir?: string;
}

export interface RunningReporter {
  readonly onEvent: (event: Event) => void;
  /** Called now and then, so that a live report can show time passing. `atMs`: milliseconds since the run began. */
  readonly tick?: (atMs: number) => void;
  /** The stream is over, whether or not it was complete. */
  readonly end: () => void;
}

/** The default export of each file in this directory that is a report. */
export interface Reporter {
  /** As `--reporter` takes it. */
  readonly name: string;
  readonly title: string;
  /** Shows a person what happens while it happens, and wants ticks. */
  readonly live: boolean;
  readonly create: (options: ReporterOptions) => RunningReporter;
}

/** `--reporter name[=file]`: which reports a run writes, and where. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asHostproofError, HostproofError, messageOf } from '../domain/errors.ts';
import type { Event } from '../domain/event.ts';
import { named } from '../domain/nearest.ts';
import type { Reporter, RunningReporter } from '../../reports/reporter.ts';
import { defaultExports, ROOT } from './load.ts';
import { notWritten } from './output.ts';

/** Redraws of a live report a second. */
const TICKS_PER_SECOND = 2;

export async function loadReporters(): Promise<Reporter[]> {
  const found = [...(await defaultExports(join(ROOT, 'reports'))).values()];
  return found.filter(
    (candidate): candidate is Reporter => typeof candidate === 'object' && candidate !== null,
  );
}

export interface Reporting extends Disposable {
  readonly onEvent: (event: Event) => void;
  /** Ends as the run's does, and when a report fails: whoever asked for it would miss it only hours later. */
  readonly signal: AbortSignal;
  /** Writes what is left of all reports. @throws what the first of them failed with, now or before */
  readonly finish: () => void;
}

interface ReportingOptions {
  readonly dir: string;
  readonly sinceMs: () => number;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/** @throws HostproofError `usage/*` for an unknown report, two reports on standard output, or a file that cannot be written */
export async function startReporting(
  specifications: readonly string[],
  options: ReportingOptions,
): Promise<Reporting> {
  const known = await loadReporters();
  const chosen = specifications.map((specification) => parse(specification, known));
  const onOutput = chosen.filter(({ file }) => file === null);
  if (onOutput.length > 1) {
    const names = onOutput.map(({ reporter }) => reporter.name).join(' and ');
    throw new HostproofError(
      'usage/option',
      `--reporter: ${names} cannot both write to standard output`,
      {
        hint: 'give one of them a file: --reporter junit=FILE',
      },
    );
  }
  const closers: (() => void)[] = [];
  const running = chosen.map(({ reporter, file }) => open(reporter, file, options.dir, closers));
  const failed = new AbortController();
  /** One that fails keeps nothing from the others, nor from the story whose event it is. */
  const each = (body: (report: RunningReporter) => void): void => {
    for (const report of running) {
      try {
        body(report);
      } catch (error) {
        failed.abort(asHostproofError(error)); // of several the first is told
      }
    }
  };
  let isEnded = false;
  const end = (): void => {
    if (isEnded) return;
    isEnded = true;
    each((report) => {
      report.end();
    });
  };
  const ticker = setInterval(() => {
    each((report) => report.tick?.(options.sinceMs()));
  }, 1000 / TICKS_PER_SECOND);
  ticker.unref();
  return {
    signal: AbortSignal.any([options.signal, failed.signal]),
    onEvent: (event) => {
      each((report) => {
        report.onEvent(event);
      });
    },
    finish: () => {
      end();
      failed.signal.throwIfAborted();
    },
    [Symbol.dispose]: () => {
      clearInterval(ticker);
      end();
      for (const close of closers) close();
    },
  };
}

function parse(
  specification: string,
  known: readonly Reporter[],
): { reporter: Reporter; file: string | null } {
  const [name = '', ...rest] = specification.split('=');
  const reporter = named('reporter', name, known);
  return { reporter, file: rest.length === 0 ? null : rest.join('=') };
}

function open(
  reporter: Reporter,
  file: string | null,
  dir: string,
  closers: (() => void)[],
): RunningReporter {
  if (file === null) {
    const { stdout } = process;
    return reporter.create({
      write: (text) => stdout.write(text),
      isTTY: stdout.isTTY,
      color: stdout.isTTY && process.env['NO_COLOR'] === undefined,
      columns: stdout.isTTY ? stdout.columns : 100,
      dir,
    });
  }
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w');
  } catch (error) {
    throw new HostproofError(
      'usage/option',
      `--reporter ${reporter.name}=${file}: ${messageOf(error)}`,
    );
  }
  closers.push(() => {
    closeSync(descriptor);
  });
  let isLost = false;
  return reporter.create({
    write: (text) => {
      if (isLost) return; // told by the first that failed
      try {
        writeFileSync(descriptor, text);
      } catch (cause) {
        isLost = true;
        throw notWritten(`--reporter ${reporter.name}=${file}`, cause);
      }
    },
    isTTY: false,
    color: false,
    columns: 100,
    dir,
  });
}

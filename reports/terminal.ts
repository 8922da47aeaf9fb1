/**
 * What happens, while it happens, for a person: on a terminal one line per running job below the lines of the jobs
 * that are done; anywhere else plain lines. Ends with the summary.
 */
import type { Event, EventOf } from '../harness/domain/event.ts';
import { painter } from './common/paint.ts';
import { advance, emptyRun, runningStep, verdictOfJob } from './common/run-state.ts';
import type { JobState, RunState } from './common/run-state.ts';
import type { Reporter, ReporterOptions, RunningReporter } from './reporter.ts';
import { summary } from './summary.ts';
import { duration, oneLine, stepTitle } from './common/text.ts';

const REDRAW_MS = 250;
/** Without a terminal, what a long step is doing is told this often. */
const PROGRESS_MS = 15_000;

export default {
  name: 'terminal',
  title: 'Progress for a person, and a summary',
  live: true,
  create: (options) => (options.isTTY ? drawing(options) : plain(options)),
} satisfies Reporter;

function drawing(options: ReporterOptions): RunningReporter {
  const run = emptyRun();
  let drawn = 0;
  let drawnAtMs = -Infinity;
  const erase = () => (drawn === 0 ? '' : `\u001b[${String(drawn)}A\u001b[0J`);
  const draw = (permanent: readonly string[], atMs: number) => {
    const live = [...run.jobs.values()].filter(isRunning).map((job) => liveLine(job, atMs));
    const text = live
      .map((line) => `${line.slice(0, Math.max(20, options.columns - 1))}\n`)
      .join('');
    const above = permanent.map((line) => `${line}\n`).join('');
    // Without wrapping, one line of ours is one row of the terminal, however wide its characters are.
    options.write(`${erase()}${above}${live.length === 0 ? '' : `\u001b[?7l${text}\u001b[?7h`}`);
    drawn = live.length;
    drawnAtMs = atMs;
  };
  const tick = (atMs: number) => {
    if (atMs - drawnAtMs >= REDRAW_MS) draw([], atMs);
  };
  return {
    onEvent: (event) => {
      advance(run, event);
      const permanent = milestones(run, event, options.color);
      if (permanent.length > 0) draw(permanent, event.atMs);
      else tick(event.atMs);
    },
    tick,
    end: () => {
      options.write(`${erase()}${closing(run, options)}`);
      drawn = 0;
    },
  };
}

function plain(options: ReporterOptions): RunningReporter {
  const run = emptyRun();
  const toldAtMs = new Map<string, number>();
  return {
    onEvent: (event) => {
      advance(run, event);
      const told = [...milestones(run, event, options.color), ...details(run, event, toldAtMs)];
      options.write(
        told.map((line) => `[${duration(event.atMs).padStart(12)}] ${line}\n`).join(''),
      );
    },
    end: () => {
      options.write(closing(run, options));
    },
  };
}

function closing(run: RunState, options: ReporterOptions): string {
  return `\n${summary(run, options).join('\n')}\n`;
}

function isRunning(job: JobState): boolean {
  return job.startedAtMs !== null && job.ended === null;
}

/** A job with a planted defect has a long one, of which the end matters. */
function name(job: string): string {
  return oneLine(job, 200);
}

function liveLine(job: JobState, atMs: number): string {
  const running = `${duration(atMs - (job.startedAtMs ?? atMs)).padStart(12)}  ${name(job.info.id)}`;
  const step = runningStep(job);
  if (!step) return running;
  const { begun, startedAtMs, progress } = step;
  const time = `${duration(atMs - startedAtMs)} of at most ${duration(begun.limitMs)}`;
  const doing = progress === null ? '' : `: ${oneLine(progress, 200)}`;
  return `${running}  ${String(begun.step)}. ${stepTitle(begun.verb, begun.args)} (${time})${doing}`;
}

/** The whole platform, with the reasons, is in the other reports. */
function machineOf(platform: EventOf<'run.started'>['platform']): string {
  if (platform === null) return 'the simulated host';
  return [platform['qemu'], platform['accelerator']].filter(Boolean).join(', ');
}

/** What stays on the screen. */
function milestones(run: RunState, { body }: Event, color: boolean): string[] {
  const paint = painter(color);
  switch (body.type) {
    case 'run.started': {
      const jobs = body.jobs.length === 1 ? '1 job' : `${String(body.jobs.length)} jobs`;
      return [`${jobs}, seed ${String(body.seed)}, on ${oneLine(machineOf(body.platform), 200)}`];
    }
    case 'run.note':
      return [oneLine(body.text, 400)];
    case 'finding':
      return [
        paint('red', `${name(body.job)}: ${oneLine(`${body.invariant}: ${body.message}`, 300)}`),
      ];
    case 'job.ended': {
      const job = run.jobs.get(body.job);
      if (!job) return [];
      const verdict = verdictOfJob(job);
      const word = paint(verdict === 'passed' ? 'green' : 'red', verdict);
      return [
        `${word}  ${name(job.info.id)}  ${oneLine(job.info.title, 160)} (${duration(body.durationMs)})`,
      ];
    }
    default:
      return [];
  }
}

/** What is told where nothing can be written over. */
function details(run: RunState, { body, atMs }: Event, toldAtMs: Map<string, number>): string[] {
  switch (body.type) {
    case 'job.started':
      return [`${name(body.job)}: begins`];
    case 'step.started':
      toldAtMs.set(body.job, atMs);
      return [`${name(body.job)}: ${String(body.step)}. ${stepTitle(body.verb, body.args)}`];
    case 'step.progress':
      if (atMs - (toldAtMs.get(body.job) ?? -Infinity) < PROGRESS_MS) return [];
      toldAtMs.set(body.job, atMs);
      return [`${name(body.job)}: ${oneLine(body.text, 200)}`];
    case 'step.ended': {
      const step = run.jobs.get(body.job)?.steps.find((one) => one.begun.step === body.step);
      const done = body.cached === true ? 'cached, done' : 'done';
      const how = body.error === null ? done : 'FAILED';
      return [
        `${name(body.job)}: ${String(body.step)}. ${step?.begun.verb ?? 'step'} ${how} in ${duration(body.durationMs)}`,
      ];
    }
    default:
      return [];
  }
}

/** What is known of a run after some of its events: the state that every report folds. */
import type { Event, EventOf, JobInfo } from '../../harness/domain/event.ts';
import type { Verdict } from '../../harness/domain/verdict.ts';
import { stepTitle } from './text.ts';

export type Finding = EventOf<'finding'>;
export type JobEnd = EventOf<'job.ended'>;
export type ErrorRecord = NonNullable<JobEnd['error']>;

export interface StepState {
  readonly begun: EventOf<'step.started'>;
  readonly startedAtMs: number;
  progress: string | null;
  ended: EventOf<'step.ended'> | null;
  readonly findings: Finding[];
}

export interface JobState {
  readonly info: JobInfo;
  startedAtMs: number | null;
  dir: string | null;
  readonly steps: StepState[];
  /** Findings of no step that is known. */
  readonly findings: Finding[];
  readonly symptoms: EventOf<'symptom'>[];
  ended: JobEnd | null;
}

export interface RunState {
  started: EventOf<'run.started'> | null;
  readonly notes: string[];
  /** In the order of the plan. */
  readonly jobs: Map<string, JobState>;
  ended: EventOf<'run.ended'> | null;
  /** Time of the newest event. */
  atMs: number;
}

export function emptyRun(): RunState {
  return { started: null, notes: [], jobs: new Map(), ended: null, atMs: 0 };
}

/** Takes one event in. Events of jobs that are not in the plan are left out. */
export function advance(run: RunState, event: Event): void {
  const { body } = event;
  run.atMs = Math.max(run.atMs, event.atMs);
  switch (body.type) {
    case 'run.started':
      run.started = body;
      for (const info of body.jobs) run.jobs.set(info.id, newJob(info));
      return;
    case 'run.note':
      run.notes.push(body.text);
      return;
    case 'run.ended':
      run.ended = body;
      return;
    default: {
      const job = run.jobs.get(body.job);
      if (job) advanceJob(job, body, event.atMs);
    }
  }
}

type JobBody = Extract<Event['body'], { job: string }>;

function advanceJob(job: JobState, body: JobBody, atMs: number): void {
  switch (body.type) {
    case 'job.started':
      job.startedAtMs = atMs;
      job.dir = body.dir;
      return;
    case 'step.started':
      job.steps.push({ begun: body, startedAtMs: atMs, progress: null, ended: null, findings: [] });
      return;
    case 'step.progress': {
      const step = stepOf(job, body.step);
      if (step) step.progress = body.text;
      return;
    }
    case 'step.ended': {
      const step = stepOf(job, body.step);
      if (step) step.ended = body;
      return;
    }
    case 'symptom':
      job.symptoms.push(body);
      return;
    case 'finding':
      (stepOf(job, body.step)?.findings ?? job.findings).push(body);
      return;
    case 'job.ended':
      job.ended = body;
  }
}

function newJob(info: JobInfo): JobState {
  return { info, startedAtMs: null, dir: null, steps: [], findings: [], symptoms: [], ended: null };
}

function stepOf(job: JobState, step: number): StepState | undefined {
  return job.steps.findLast((candidate) => candidate.begun.step === step);
}

export function findingsOf(job: JobState): readonly Finding[] {
  return [...job.steps.flatMap((step) => step.findings), ...job.findings];
}

export function runningStep(job: JobState): StepState | undefined {
  const last = job.steps.at(-1);
  return last?.ended === null ? last : undefined;
}

/** The verdict of a job: one that did not end was interrupted. */
export function verdictOfJob(job: JobState): Verdict {
  return job.ended?.verdict ?? 'interrupted';
}

export function count(run: RunState, verdict: Verdict): number {
  return [...run.jobs.values()].filter((job) => verdictOfJob(job) === verdict).length;
}

/** In words: whose fault a verdict is. */
export const BLAMED: Readonly<Record<Verdict, string>> = {
  passed: 'nobody',
  failed: 'the host',
  usage: 'the command line, not the host',
  unfit: 'the environment, not the host',
  'story-error': 'the story, not the host',
  'harness-error': 'hostproof itself, not the host',
  interrupted: 'nobody: the run ended before the job did',
};

/** An evidence path as the reader can open it. */
export function evidencePath(dir: string | undefined, path: string): string {
  return dir === undefined ? path : `${dir.replace(/\/+$/, '')}/${path}`;
}

/** What a step is called; one that was known from an earlier time says so. */
export function titleOf({ begun, ended }: StepState): string {
  const title = stepTitle(begun.verb, begun.args);
  return ended?.cached === true ? `${title} (cached)` : title;
}

/** JUnit XML, as CI systems read it: a test case per job. */
import {
  advance,
  BLAMED,
  emptyRun,
  evidencePath,
  findingsOf,
  titleOf,
  verdictOfJob,
} from './common/run-state.ts';
import type { JobState, RunState } from './common/run-state.ts';
import { bounded, duration, oneLine, stripSequences } from './common/text.ts';
import type { Reporter } from './reporter.ts';

export default {
  name: 'junit',
  title: 'JUnit XML for CI systems: a test case per job',
  live: false,
  create: ({ write, dir }) => {
    const run = emptyRun();
    return {
      onEvent: (event) => {
        advance(run, event);
      },
      end: () => {
        write(`${document(run, dir).join('\n')}\n`);
      },
    };
  },
} satisfies Reporter;

function document(run: RunState, dir: string | undefined): string[] {
  const jobs = [...run.jobs.values()];
  const totals = {
    tests: jobs.length,
    failures: jobs.filter((job) => verdictOfJob(job) === 'failed').length,
    errors: jobs.filter((job) => !['passed', 'failed'].includes(verdictOfJob(job))).length,
    skipped: 0,
    time: seconds(run.ended?.durationMs ?? run.atMs),
  };
  const properties = {
    ...run.started?.platform,
    version: run.started?.version,
    seed: run.started?.seed,
    command: run.started?.command.join(' '),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'hostproof', ...totals })}>`,
    `  <testsuite${attributes({ name: run.started?.id ?? 'hostproof', timestamp: run.started?.startedAt, ...totals })}>`,
    '    <properties>',
    ...Object.entries(properties)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
    ...jobs.flatMap((job) => testCase(job, dir)),
    '  </testsuite>',
    '</testsuites>',
  ];
}

function testCase(job: JobState, dir: string | undefined): string[] {
  const { info, ended } = job;
  const classname = `${info.scenario.replaceAll('/', '.')}.${info.layout}-${info.firmware}`;
  return [
    `    <testcase${attributes({ name: info.title, classname, time: seconds(ended?.durationMs ?? 0) })}>`,
    ...problem(job),
    `      <system-out>${escaped(story(job, dir))}</system-out>`,
    '    </testcase>',
  ];
}

/** The host's defects are failures; everything else that is not a pass says nothing about the host: an error. */
function problem(job: JobState): string[] {
  const verdict = verdictOfJob(job);
  if (verdict === 'passed') return [];
  const tag = verdict === 'failed' ? 'failure' : 'error';
  const error = job.ended?.error;
  const [finding] = findingsOf(job);
  const type = finding?.invariant ?? error?.invariant ?? error?.code ?? verdict;
  const message = finding?.message ?? error?.message ?? 'the run ended before the job did';
  const text = [
    `blame: ${BLAMED[verdict]}`,
    ...findingsOf(job).map((one) => `finding: ${one.invariant}: ${one.message}`),
    ...(error ? [`error: ${error.code}: ${error.message}`, `hint: ${error.hint}`] : []),
    ...(error?.cause === undefined ? [] : [`cause: ${error.cause}`]),
    ...job.symptoms.slice(0, 20).map(({ id, line }) => `console: ${id}: ${line}`),
  ];
  const body = text.map((line) => escaped(bounded(line, 4000))).join('\n');
  return [`      <${tag}${attributes({ type, message: bounded(message, 1000) })}>${body}</${tag}>`];
}

function story(job: JobState, dir: string | undefined): string {
  const steps = job.steps.map((step) => {
    const { begun, ended } = step;
    const how = ended === null ? 'not finished' : ended.error === null ? 'done' : 'failed';
    const time = ended === null ? '' : ` (${duration(ended.durationMs)})`;
    return `${String(begun.step)}. ${titleOf(step)}: ${how}${time}`;
  });
  const evidence = job.ended?.evidence.map((path) => `evidence: ${evidencePath(dir, path)}`) ?? [];
  const again = job.ended ? [`again: ${job.ended.reproduce}`] : [];
  const enter = job.ended?.enter === undefined ? [] : [`enter: ${job.ended.enter}`];
  return [...steps, ...evidence, ...again, ...enter].map((line) => oneLine(line, 1000)).join('\n');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributes(members: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escaped(String(value)).replace(/[\n\t]/g, ' ')}"`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0, section 2.2: the characters it cannot say are removed, and so are the controls that it can. */
const FORBIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\p{Surrogate}/gu;

function escaped(text: string): string {
  return stripSequences(text)
    .replace(/\r\n?/g, '\n')
    .replace(FORBIDDEN, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

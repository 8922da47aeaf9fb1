/** Child processes with a deadline, a few at a time. */
import { spawn } from 'node:child_process';
import PQueue from 'p-queue';
import { Parser } from 'tap-parser';

export interface Task {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly deadlineS: number;
  /** Prints TAP of its own, which is counted and judged as well as the exit status. */
  readonly tap: boolean;
}

export interface TaskResult {
  readonly task: Task;
  readonly durationMs: number;
  /** Null: ended with exit status 0. */
  readonly failure: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const children = new Set<number>();

/** A process group each, so that what a test started ends with it. */
function endAll(): void {
  for (const pid of children) endGroup(pid);
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it is gone already
  }
}

/** The exit handler ends the children. */
function interrupted(): void {
  process.exit(130);
}

export async function runTasks(
  tasks: readonly Task[],
  options: { readonly atOnce: number; readonly onResult: (result: TaskResult) => void },
): Promise<void> {
  const queue = new PQueue({ concurrency: options.atOnce });
  process.on('exit', endAll);
  for (const signal of SIGNALS) process.on(signal, interrupted);
  await queue.addAll(
    tasks.map((task) => async () => {
      options.onResult(await runTask(task));
    }),
  );
  process.off('exit', endAll);
  for (const signal of SIGNALS) process.off(signal, interrupted);
}

function runTask(task: Task): Promise<TaskResult> {
  const begun = performance.now();
  const [file, ...args] = task.command;
  const child = spawn(file, args, {
    ...{ detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    // one deadline, and not another one of tap's own
    env: { ...process.env, TAP_TIMEOUT: String(task.deadlineS) },
  });
  const { pid } = child;
  if (pid !== undefined) children.add(pid);
  let failure: string | null = null;
  const deadline = setTimeout(() => {
    failure = `not finished after ${String(task.deadlineS)} s`;
    if (pid !== undefined) endGroup(pid);
  }, task.deadlineS * 1000);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (more: string) => {
      text[name] += more;
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => {
      failure ??= error.message;
    });
    child.on('exit', () => {
      // What a test left running would hold its pipes open, and this run with them.
      if (pid !== undefined) endGroup(pid);
    });
    child.on('close', (status, signal) => {
      clearTimeout(deadline);
      if (pid !== undefined) children.delete(pid);
      if (status !== 0)
        failure ??= signal === null ? `exit status ${String(status)}` : `ended by ${signal}`;
      resolve({ task, durationMs: performance.now() - begun, failure, ...text });
    });
  });
}

export interface Judged {
  readonly failure: string | null;
  readonly assertions: number;
}

/** A test file has failed also when its TAP says so, and when it tested nothing. */
export function judge({ task, stdout, failure }: TaskResult): Judged {
  if (!task.tap) return { failure, assertions: 0 };
  let assertions = 0;
  const parser = new Parser();
  const watch = (one: Parser) => {
    one.on('child', watch);
    one.on('assert', (point: { closingTestPoint?: boolean }) => {
      if (point.closingTestPoint !== true) assertions += 1;
    });
  };
  watch(parser);
  parser.end(stdout);
  if (failure !== null) return { failure, assertions };
  if (!parser.ok) return { failure: 'its TAP is not ok', assertions };
  return { failure: assertions === 0 ? 'it asserts nothing' : null, assertions };
}

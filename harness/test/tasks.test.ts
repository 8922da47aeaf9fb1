import { readFileSync } from 'node:fs';
import t from 'tap';
import { judge, runTasks } from './tasks.ts';
import type { TaskResult } from './tasks.ts';

async function run(
  script: string,
  options: { tap?: boolean; deadlineS?: number } = {},
): Promise<TaskResult> {
  const results: TaskResult[] = [];
  const command = ['sh', '-c', script] as const;
  const task = {
    name: 'a task',
    command,
    deadlineS: options.deadlineS ?? 20,
    tap: options.tap ?? true,
  };
  await runTasks([{ ...task, command: [...command] }], {
    atOnce: 1,
    onResult: (one) => results.push(one),
  });
  const [result] = results;
  if (!result) throw new Error('the task has no result');
  return result;
}

/** A process that nobody has waited for yet is a zombie: as dead as one that is gone. */
function stateOf(pid: number): string {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return 'gone';
  }
}

const TAP = 'TAP version 14\\n1..2\\nok 1 - a\\n';

t.test('a test file passes with TAP that is ok and exit status 0', async (t) => {
  const result = await run(`printf '${TAP}ok 2 - b\\n'`);
  t.same(judge(result), { failure: null, assertions: 2 });
});

t.test(
  'it fails by its TAP, by its exit status, by its plan, and by testing nothing',
  async (t) => {
    t.match(judge(await run(`printf '${TAP}not ok 2 - b\\n'`)).failure, 'TAP is not ok');
    t.match(judge(await run(`printf '${TAP}ok 2 - b\\n'; exit 3`)).failure, 'exit status 3');
    t.match(judge(await run(`printf '${TAP}'`)).failure, 'TAP is not ok');
    t.match(judge(await run('true')).failure, 'it asserts nothing');
    t.match(
      judge(await run(`printf '${TAP}ok 2 - b\\n'; kill -TERM $$`)).failure,
      'ended by SIGTERM',
    );
  },
);

t.test('a check is judged by its exit status alone', async (t) => {
  t.equal(judge(await run('echo anything', { tap: false })).failure, null);
  t.match(judge(await run('echo why >&2; false', { tap: false })).failure, 'exit status 1');
  t.equal((await run('echo why >&2; false', { tap: false })).stderr, 'why\n');
});

t.test('what hangs ends at its deadline, with everything that it started', async (t) => {
  const result = await run('sleep 300 & echo $!; wait', { deadlineS: 1 });
  t.match(judge(result).failure, 'not finished after 1 s');
  // killed it is at once, and dead when it next gets a turn
  const endMs = Date.now() + 30_000;
  while (!/gone|Z/.test(stateOf(Number(result.stdout))) && Date.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.match(stateOf(Number(result.stdout)), /gone|Z/);
});

t.test('what a test leaves running does not hold up the others', async (t) => {
  const result = await run(`printf '${TAP}ok 2 - b\\n'; sleep 300 &`);
  t.equal(judge(result).failure, null);
  t.ok(result.durationMs < 10_000);
});

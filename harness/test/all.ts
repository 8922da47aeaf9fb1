/**
 * `npm test`: the checks of the source, and every test file as a process of its own, two at a time. Prints TAP 14 with a
 * test point for each, what a failed one printed, and last a plain line with the counts.
 *
 * `npm test -- WORD…` runs only those with one of the words in their name: `check:`, `reports/`, `qmp.test`.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checks } from './check.ts';
import { judge, runTasks } from './tasks.ts';
import type { Task } from './tasks.ts';

const AT_ONCE = 2;
const FOLDERS = ['bench/test', 'harness/test', 'images/test', 'qemu/test', 'reports/test'];

function testFiles(): Task[] {
  return FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => ({
        name: file,
        command: [process.execPath, '--import', 'tsx', file],
        deadlineS: 240,
        tap: true,
      })),
  );
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function comments(text: string): string {
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => `#   ${line}`.trimEnd()).join('\n');
}

async function main(words: readonly string[]): Promise<number> {
  const tasks = [...checks(), ...testFiles()].filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  print('TAP version 14');
  print(`1..${String(tasks.length)}`);
  const failed: string[] = [];
  let number = 0;
  let assertions = 0;
  await runTasks(tasks, {
    atOnce: AT_ONCE,
    onResult: (result) => {
      const { task, durationMs } = result;
      const judged = judge(result);
      number += 1;
      assertions += judged.assertions;
      const point = `${String(number)} - ${task.name} # time=${(durationMs / 1000).toFixed(1)}s`;
      print(judged.failure === null ? `ok ${point}` : `not ok ${point}`);
      if (judged.failure === null) return;
      failed.push(task.name);
      print(comments([judged.failure, result.stdout, result.stderr].join('\n')));
    },
  });
  const seconds = Math.round(performance.now() / 1000);
  print(
    `# ${String(assertions)} assertions in ${String(seconds)} s; counted below: checks and test files`,
  );
  for (const name of failed) print(`# failed: ${name}`);
  if (tasks.length === 0) print(`# nothing has a name with: ${words.join(', ')}`);
  print(`${String(tasks.length - failed.length)} passed, ${String(failed.length)} failed`);
  return failed.length === 0 && tasks.length > 0 ? 0 : 1;
}

process.chdir(join(import.meta.dirname, '../..'));
process.exitCode = await main(process.argv.slice(2));

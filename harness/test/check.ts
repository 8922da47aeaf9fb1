/** The checks of the source itself: each one a command that exits with 0 when all is well. */
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from './tasks.ts';

const CACHE = 'node_modules/.cache/hostproof';
const FOLDERS = ['harness', 'scenarios', 'images', 'qemu', 'reports', 'bench'];

/** Longest first, so that two at a time end together. */
export function checks(): Task[] {
  const folders = FOLDERS.filter((folder) => existsSync(folder));
  const commands: Record<string, readonly [string, ...string[]]> = {
    lint: [local('eslint'), '--max-warnings', '0', '.'],
    types: [local('tsc'), '--noEmit', '--incremental', '--tsBuildInfoFile', `${CACHE}/types`],
    'dead exports': [local('knip'), '--no-progress', '--treat-config-hints-as-errors'],
    format: [local('prettier'), '--check', '--log-level', 'warn', '.'],
    borders: [local('depcruise'), '--config', '.dependency-cruiser.cjs', ...folders],
    shellcheck: ['shellcheck', ...shellScripts()],
  };
  return Object.entries(commands).map(([name, command]) => ({
    name: `check: ${name}`,
    command,
    deadlineS: 280,
    tap: false,
  }));
}

function local(command: string): string {
  return `node_modules/.bin/${command}`;
}

function shellScripts(): string[] {
  const inImages = readdirSync('images', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => file.endsWith('.sh') || firstBytes(file).match(/^#!.*\b(?:ba)?sh\b/));
  return ['.ci/run', ...inImages.sort()];
}

function firstBytes(file: string): string {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(64);
    return bytes.toString('latin1', 0, readSync(descriptor, bytes)).split('\n', 1)[0] ?? '';
  } finally {
    closeSync(descriptor);
  }
}

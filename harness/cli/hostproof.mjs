#!/usr/bin/env node
/**
 * Starts hostproof: TypeScript is loaded in this very process, so that a signal meets the one that owns the machines.
 *
 * Packages are loaded before TypeScript's loader is in place, because through it each of their files costs twice as much.
 */
import { readFileSync } from 'node:fs';

const QUICK = ['zod', '@commander-js/extra-typings'];
const MACHINE = [...QUICK, 'execa', 'ssh2', 'p-queue', '@xterm/headless'];
const PACKAGES = {
  defects: MACHINE,
  doctor: MACHINE,
  image: MACHINE,
  install: MACHINE,
  run: MACHINE,
  shell: MACHINE,
};

/** For what is ours and has not ended yet. */
const GRACE_MS = 3000;

const args = process.argv.slice(2);
if (args.length === 1 && ['--version', '-V'].includes(args[0])) {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)));
  process.stdout.write(`${version}\n`);
} else if (await loads(PACKAGES[args[0]] ?? QUICK)) {
  const { register } = await import('tsx/esm/api');
  register();
  const { main } = await import('./main.ts');
  process.exitCode = await main(args);
  // what a story waits for by itself may go on for hours, and nobody waits for it any more
  setTimeout(() => process.exit(), GRACE_MS).unref();
}

/** False, and a word on standard error, in a checkout whose packages are not installed: this machine is not fit yet. */
async function loads(packages) {
  try {
    await Promise.all([...packages, 'tsx/esm/api'].map((name) => import(name)));
    return true;
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write(`hostproof: ${error.message.split(' imported from', 1)[0]}\n`);
    process.stderr.write('  npm ci installs the packages of this checkout\n');
    process.exitCode = 3;
    return false;
  }
}

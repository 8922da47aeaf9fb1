/** `--console`: puts a person's terminal on the serial console of a machine. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningMachine } from '../ports/machine.ts';
import { say } from './output.ts';

const LOOK_EVERY_MS = 100;
/** Ctrl-], as telnet and virsh have it. */
const LEAVE = '\x1d';

/**
 * Shows what the machine writes, as it is in its log, and types what the person types, until the machine is gone or he
 * presses Ctrl-]. Resolves then.
 */
export function attachConsole(machine: RunningMachine, dir: string): Promise<void> {
  const { stdin } = process;
  say('the console of the machine; Ctrl-] leaves it');
  const over = new AbortController();
  const onInput = (chunk: Buffer): void => {
    const text = chunk.toString('utf8');
    if (text.includes(LEAVE)) over.abort();
    else machine.console.type(text).catch(() => undefined); // the machine may be gone by now
  };
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on('data', onInput).resume();
  over.signal.addEventListener('abort', () => {
    stdin.off('data', onInput).pause();
    if (stdin.isTTY) stdin.setRawMode(false);
  });
  void machine.stopped.then(() => {
    over.abort();
  });
  return follow(join(dir, 'console.log'), over.signal).catch((error: unknown) => {
    say(`the console cannot be shown: ${String(error)}`);
    over.abort();
  });
}

async function follow(file: string, signal: AbortSignal): Promise<void> {
  await using log = await open(file, 'r');
  const buffer = Buffer.alloc(64 * 1024);
  while (!signal.aborted) {
    const { bytesRead } = await log.read(buffer, 0, buffer.length);
    if (bytesRead > 0) process.stdout.write(Buffer.from(buffer.subarray(0, bytesRead)));
    else await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

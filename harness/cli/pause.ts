/** `--pause-on-failure`: keeps a failed host for a person, until he presses Enter. */
import { once } from 'node:events';
import type { HostproofError } from '../domain/errors.ts';
import type { Host } from '../ports/host.ts';
import { sshCommand } from './ssh-command.ts';
import { say } from './output.ts';

export async function pause(
  host: Host,
  error: HostproofError,
  keyFile: string,
  signal: AbortSignal,
): Promise<void> {
  say('');
  say(`paused: ${error.message}`);
  const access = host.access();
  if (access === null) say('  the machine is off');
  else {
    say(`  shell:    ${sshCommand(keyFile, access.sshPort).join(' ')}`);
    say(`  evidence: ${access.dir}`);
  }
  say('  press Enter to let it go');
  process.stdin.resume();
  await once(process.stdin, 'data', { signal }).catch(() => undefined); // Ctrl-C lets it go, too
  process.stdin.pause();
}

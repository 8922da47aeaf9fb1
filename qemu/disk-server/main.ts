/**
 * The process that serves the disks of one host. It is told what by its one argument, and wishes come on standard input
 * (`control.ts`); it ends when that ends, in peace: the log has all that was answered.
 */
import { stdin, stdout } from 'node:process';
import { messageOf } from '../../harness/domain/errors.ts';
import { LineSplitter } from '../lines.ts';
import { tasksSchema, wishSchema, type Said } from './control.ts';
import { DiskLog } from './log.ts';
import { DiskServer } from './server.ts';

const WISH_LENGTH_MAX = 64 * 1024;

function say(said: Said, then?: () => void): void {
  stdout.write(`${JSON.stringify(said)}\n`, then);
}

/** @returns what is answered */
function fulfil(
  server: DiskServer,
  line: string,
): number | boolean | null | { [name: string]: number } {
  const { service } = server;
  const wish = wishSchema.parse(JSON.parse(line));
  switch (wish.wish) {
    case 'mark':
      return service.mark(wish.text);
    case 'arm':
      service.rules.arm(wish.rule);
      return null;
    case 'disarm':
      return service.rules.disarm(wish.id);
    case 'close':
      server.vanish({ path: wish.path, disk: null });
      return null;
    case 'reopen':
      server.reopen(wish.path);
      return null;
    case 'cut':
      return { ...server.cut(wish.seed) };
  }
}

async function serve(): Promise<void> {
  const { log: file, paths } = tasksSchema.parse(JSON.parse(process.argv.at(-1) ?? ''));
  const log = DiskLog.open(file);
  const server = await DiskServer.listen({
    ...{ log, paths },
    onStruck: (struck) => {
      say({ said: 'struck', struck });
    },
    onClients: (count) => {
      say({ said: 'clients', count });
    },
    onFailure: (error) => {
      // nobody may be answered any more: what was to be written before may not be
      server.end();
      fail(error);
    },
  });
  const refuse = (why: string): void => {
    say({ said: 'refusal', why });
  };
  const lines = new LineSplitter(
    WISH_LENGTH_MAX,
    (line) => {
      try {
        say({ said: 'answer', value: fulfil(server, line) });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === undefined) refuse(messageOf(error));
        else fail(error);
      }
    },
    () => {
      refuse('the wish is too long');
    },
  );
  stdin.setEncoding('utf8');
  stdin.on('data', (text: string) => {
    lines.push(text);
  });
  stdin.on('end', () => {
    server.end();
    log[Symbol.dispose]();
    process.exit(0);
  });
  say({ said: 'ready' });
}

function fail(error: unknown): void {
  const { code = null } = error as { readonly code?: string };
  say({ said: 'failure', why: messageOf(error), code }, () => process.exit(1));
}

await serve().catch(fail);

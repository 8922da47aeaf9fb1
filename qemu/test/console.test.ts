import { readFileSync, statSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';

import t from 'tap';

import { SerialConsole } from '../serial/console.ts';
import { ConsoleLines, LINE_LENGTH_MAX } from '../serial/lines.ts';
import { SingleListener, SocketDirectory } from '../sockets.ts';
import { newDirectory, seen } from './machines.ts';

function linesOf(...chunks: string[]): string[] {
  const lines: string[] = [];
  const splitter = new ConsoleLines((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  return splitter.unfinished === '' ? lines : [...lines, `… ${splitter.unfinished}`];
}

t.test('lines without escape sequences', (t) => {
  t.same(linesOf('a\r\nb\n\nc'), ['a', 'b', '… c']);
  t.same(linesOf('[\x1b[0;32m  OK  \x1b[0m] Started\r\n'), ['[  OK  ] Started']);
  t.same(linesOf('\x1b]3008;start=x\x07prompt\x1b]0;title\x1b\\\n'), ['prompt']);
  t.same(linesOf('one\x1b[2;1Htwo\x1b[3;1', 'Hthree\n'), ['one', 'two', 'three']);
  t.same(linesOf('re\x1b', '[3', '1mst\n'), ['rest']);
  t.same(linesOf('10%\r20%\r', '\n'), ['10%', '20%']);
  t.same(linesOf('bell\x07 nul\x00 tab\there\n'), ['bell nul tab\there']);
  t.end();
});

t.test('lines are bounded', (t) => {
  const lines = linesOf(...Array.from({ length: 100 }, () => 'x'.repeat(1000)), '\n');
  t.ok(lines.length > 10);
  t.ok(lines.every((line) => line.length <= LINE_LENGTH_MAX));
  t.equal(lines.join('').length, 100_000);
  t.end();
});

interface Connected {
  readonly console: SerialConsole;
  readonly guest: Socket;
  readonly log: string;
  readonly logErrors: Error[];
}

async function connect(logFile?: string): Promise<Connected> {
  using directory = SocketDirectory.create();
  using listener = await SingleListener.listen(directory.file('serial'));
  const guest = createConnection(directory.file('serial'));
  const log = logFile ?? join(newDirectory(), 'console.log');
  const logErrors: Error[] = [];
  const console = await SerialConsole.attach(await listener.connection, {
    machine: 'm',
    logFile: log,
    logSizeBytesMax: 4096,
    onLogError: (error) => logErrors.push(error),
  });
  return { console, guest, log, logErrors };
}

t.test('the screen is what a person would see', async (t) => {
  const { console, guest } = await connect();
  guest.write('\x1b[2J\x1b[1;1HGRUB\x1b[3;5H*Reference Node 1.1\x1b[4;5H Reference Node 1.0');
  await seen(console, 'Node 1.0');
  const { rows } = await console.screen();
  t.equal(rows.length, 24);
  t.equal(rows[0], 'GRUB');
  t.equal(rows[2], '    *Reference Node 1.1');
  t.equal(rows[3], '     Reference Node 1.0');
  guest.end();
  await console[Symbol.asyncDispose]();
});

t.test('keys and text are typed', async (t) => {
  const { console, guest } = await connect();
  const typed = new Promise<string>((resolve) => {
    let text = '';
    guest.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.endsWith('\r')) resolve(text);
    });
  });
  await console.press('down');
  await console.press('ctrl-x');
  await console.type('root');
  await console.press('enter');
  t.equal(await typed, '\x1b[B\x18root\r');
  guest.end();
  await console[Symbol.asyncDispose]();
  await t.rejects(console.type('x'), { code: 'story/misuse' });
});

t.test('hostile output is bounded and breaks nothing', async (t) => {
  const { console, guest, log } = await connect();
  const noise = Buffer.alloc(3 * 1024 * 1024);
  for (let i = 0; i < noise.length; i++) noise[i] = (i * 7919 + (i >> 8) * 31) % 256;
  guest.write(noise);
  guest.write('\x1b[999999999;999999999H\x1b]' + 'z'.repeat(100_000));
  guest.end('\x1bc\r\nstill here\r\n');
  await console[Symbol.asyncDispose]();
  t.ok(console.receivedBytes() > noise.length);
  t.ok(console.tail(1000).every((line) => line.length <= LINE_LENGTH_MAX));
  t.ok(console.tail(1000).length <= 201);
  t.equal((await console.screen()).rows.length, 24);
  t.ok(statSync(log).size < 4096 + 100);
  t.match(readFileSync(log).subarray(4096).toString(), /reached its limit/);
});

t.test('a log that cannot be written is told', async (t) => {
  const { console, guest, logErrors } = await connect('/dev/full');
  guest.write('text\n');
  await seen(console, 'text');
  guest.end();
  await console[Symbol.asyncDispose]();
  t.match(logErrors[0]?.message, /ENOSPC/);
});

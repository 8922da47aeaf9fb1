import { createConnection, type Socket } from 'node:net';

import t from 'tap';

import { HostproofError } from '../../harness/domain/errors.ts';
import { QmpClient, type QmpOptions } from '../qmp/client.ts';
import { SingleListener, SocketDirectory } from '../sockets.ts';

const GREETING =
  '{"QMP":{"version":{"qemu":{"major":7,"minor":2,"micro":0},"package":""},"capabilities":[]}}\n';

/** A socket pair; what `respond` gives for each line of the client is sent back. */
async function pair(
  respond: (line: string) => string,
  greeting = GREETING,
): Promise<{ ours: Socket; theirs: Socket }> {
  const directory = SocketDirectory.create();
  using listener = await SingleListener.listen(directory.file('qmp'));
  const theirs = createConnection(directory.file('qmp'));
  theirs.setEncoding('utf8');
  theirs.on('error', () => undefined);
  theirs.on('data', (text: string) => {
    for (const line of text.split('\n')) if (line !== '') theirs.write(respond(line));
  });
  const ours = await listener.connection;
  theirs.write(greeting);
  directory[Symbol.dispose]();
  return { ours, theirs };
}

function idOf(line: string): number {
  return Number(/"id":(\d+)/.exec(line)?.[1]);
}

function answer(line: string, value: unknown = {}): string {
  return `${JSON.stringify({ return: value, id: idOf(line) })}\n`;
}

const options: QmpOptions = { machine: 'm', deadlineMs: 500 };

async function failure(promise: Promise<unknown>): Promise<HostproofError> {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof HostproofError) return error;
  throw new Error(`no HostproofError but ${String(error)}`);
}

t.test('answers find their command whatever their order', async (t) => {
  const held: string[] = [];
  const { ours, theirs } = await pair((line) => {
    if (line.includes('qmp_capabilities')) return answer(line);
    held.push(line);
    if (held.length < 2) return '';
    return held
      .reverse()
      .map((line) => answer(line, idOf(line)))
      .join('');
  });
  const { client, version } = await QmpClient.connect(ours, options);
  t.equal(version.qemu.major, 7);
  t.same(await Promise.all([client.execute('a'), client.execute('b')]), [2, 3]);
  client.close();
  theirs.destroy();
});

t.test('events come in order, also between answers, and can be left', async (t) => {
  const event = (name: string): string =>
    `${JSON.stringify({ event: name, timestamp: { seconds: 1, microseconds: 2 } })}\n`;
  const transcript: string[] = [];
  const { ours, theirs } = await pair((line) => event('ONE') + answer(line) + event('TWO'));
  const { client } = await QmpClient.connect(ours, {
    ...options,
    transcript: (direction, line) => transcript.push(`${direction} ${line}`),
  });
  const names: string[] = [];
  const leave = client.onEvent(({ event }) => names.push(event));
  await client.execute('x');
  await client.execute('y');
  leave();
  await client.execute('z');
  t.same(names, ['ONE', 'TWO', 'ONE', 'TWO']);
  t.match(transcript[0], /^received .*QMP/);
  t.match(transcript[1], /^sent .*qmp_capabilities/);
  client.close();
  theirs.destroy();
});

t.test('a command that is refused, and one that is not answered in time', async (t) => {
  const { ours, theirs } = await pair((line) => {
    if (line.includes('qmp_capabilities')) return answer(line);
    if (line.includes('silence')) return '';
    return `${JSON.stringify({ error: { class: 'GenericError', desc: 'no' }, id: idOf(line) })}\n`;
  });
  const { client } = await QmpClient.connect(ours, options);
  t.match((await failure(client.execute('refused'))).message, /refused refused: GenericError: no/);
  const late = await failure(client.execute('silence', {}, { deadlineMs: 20 }));
  t.match(late.message, /did not answer silence within 20 ms/);
  t.equal(late.code, 'harness/qmp');
  client.close();
  theirs.destroy();
});

t.test('a server that sends nonsense, an endless line, or nothing ends in an error', async (t) => {
  const nonsense = await pair(() => 'hello\n');
  t.match(
    (await failure(QmpClient.connect(nonsense.ours, options))).message,
    /no QMP message: hello/,
  );

  const endless = await pair(() => 'x'.repeat(10_000));
  const bounded = { ...options, messageLengthMax: 4096 };
  t.match((await failure(QmpClient.connect(endless.ours, bounded))).message, /sensible length/);

  const silent = await pair(() => '', '');
  const impatient = { ...options, deadlineMs: 20 };
  t.match((await failure(QmpClient.connect(silent.ours, impatient))).message, /no greeting/);
  for (const { theirs } of [nonsense, endless, silent]) theirs.destroy();
});

t.test('when QEMU goes away, waiting and later commands say why', async (t) => {
  const { ours, theirs } = await pair((line) => (line.includes('wait') ? '' : answer(line)));
  const { client } = await QmpClient.connect(ours, {
    ...options,
    deadlineMs: 5000,
    lastWords: () => Promise.resolve('it ended with SIGSEGV'),
  });
  const waiting = failure(client.execute('wait'));
  theirs.destroy();
  t.match((await waiting).message, /closed the connection.*; it ended with SIGSEGV/);
  t.match((await failure(client.execute('later'))).message, /SIGSEGV/);
});

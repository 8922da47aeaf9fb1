import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemClock as clock } from '../../adapters/clock.ts';
import { parseRange } from '../../adapters/http-files.ts';
import { connectShell } from '../../adapters/ssh.ts';
import { guest, sshServer } from './ssh-server.ts';
import { watchedClock } from './watched-clock.ts';

t.setTimeout(90_000);
/** Pauses of `ssh-probe.ts`: after a refusal, and beside an attempt before and after the network is known to be up. */
const [AGAIN_MS, BESIDE_MS, UP_MS] = [100, 1_500, 6_000];
const server = await sshServer();
t.teardown(() => server.close());
const { privateKey, port } = server;
const deadlineMs = 20_000;
const connected = () => connectShell({ port, privateKey, clock, deadlineMs });

t.test('commands: status, both outputs, input, the shell', async (t) => {
  await using shell = await connected();
  t.match(shell.hostKeyFingerprint, /^SHA256:[\w+/]{43}$/);
  const lines: string[] = [];
  const command = `cat; echo "it's" >&2; printf 'no end' >&2; exit 3`;
  const result = await shell.run(command, {
    stdin: 'given\n',
    deadlineMs,
    onStderrLine: (line) => lines.push(line),
  });
  t.same(result, { status: 3, stdout: 'given\n', stderr: "it's\nno end", truncated: false });
  t.same(lines, ["it's", 'no end']);
});

t.test('output is bounded, and says so', async (t) => {
  await using shell = await connected();
  const result = await shell.run('head -c 3000000 /dev/zero | tr "\\0" x', { deadlineMs });
  t.equal(result.stdout.length, 1024 * 1024);
  t.equal(result.truncated, true);
  t.equal(result.status, 0);
});

t.test('a deadline, a lost connection and an interrupt end the wait', async (t) => {
  await using shell = await connected();
  const sleeping = 'echo working >&2; exec sleep 60';
  const { clock: late, expire } = watchedClock();
  await using watched = await connectShell({ port, privateKey, clock: late, deadlineMs });
  const overdue = watched.run(sleeping, { deadlineMs, onStderrLine: () => expire(deadlineMs) });
  await t.rejects(overdue, { code: 'host/timeout', message: /sleep 60; last output: working/ });
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  await t.rejects(shell.run(sleeping, { deadlineMs, signal }), reason);
  const lost = shell.run(sleeping, { deadlineMs, onStderrLine: () => server.drop() });
  await t.rejects(lost, { code: 'host/never', message: /connection was lost/ });
  await shell.closed;
  await t.rejects(shell.run('true', { deadlineMs }), { code: 'host/never' });
});

t.test('a key that the guest does not know is told at once', async (t) => {
  const stranger = await sshServer();
  t.teardown(() => stranger.close());
  const attempt = connectShell({ port, privateKey: stranger.privateKey, clock, deadlineMs });
  await t.rejects(attempt, { code: 'host/never', message: /refused the key/ });
});

t.test('a booting guest is reached as soon as it answers, by one connection', async (t) => {
  const booting = await guest(server);
  t.teardown(booting.close);
  const before = server.connections();
  const { clock: watched, slept, begins } = watchedClock();
  const connecting = connectShell({ ...booting, privateKey, clock: watched, deadlineMs });
  await begins(BESIDE_MS);
  await begins(BESIDE_MS); // an attempt was made in vain
  booting.become('up');
  await begins(UP_MS);
  const until = slept.length;
  await begins(AGAIN_MS); // it was refused
  booting.become('ssh');
  await using shell = await connecting;
  const pauses = slept.slice(until).filter((ms) => ms >= BESIDE_MS);
  t.same(pauses, [], 'nothing that was begun before is waited for');
  t.equal(server.connections() - before, 1, 'a slow guest is not drowned in connections');
  t.equal((await shell.run('echo up', { deadlineMs })).stdout, 'up\n');
});

t.test('a guest whose network comes up together with ssh, without a port to watch', async (t) => {
  const booting = await guest(server);
  t.teardown(booting.close);
  const { clock: watched, begins } = watchedClock();
  const to = { port: booting.port, privateKey, clock: watched, deadlineMs };
  const connecting = connectShell(to);
  await begins(BESIDE_MS);
  booting.become('ssh');
  await using shell = await connecting;
  t.equal((await shell.run('echo up', { deadlineMs })).stdout, 'up\n');
});

t.test('a kernel that goes down after its banner is not waited for', async (t) => {
  let first = true;
  const front = createServer((socket) => {
    socket.on('error', () => undefined);
    if (first) socket.write('SSH-2.0-OpenSSH_9.2p1\r\n');
    else socket.pipe(connect({ host: '127.0.0.1', port })).pipe(socket);
    first = false;
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  t.teardown(() => front.close());
  const address = front.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const to = { port: address.port, privateKey, clock, deadlineMs, handshakeMs: 3_000 };
  await using shell = await connectShell(to);
  t.equal((await shell.run('echo here', { deadlineMs })).stdout, 'here\n');
});

t.test('what was served to a guest that is gone can still be taken back', async (t) => {
  await using shell = await connected();
  const service = await shell.serve({
    files: new Map([['/a', { text: 'a' }]]),
    directories: new Map(),
  });
  server.drop();
  await shell.closed;
  await t.resolves(Promise.resolve(service[Symbol.asyncDispose]()));
});

t.test('a guest that never answers: what was seen last', async (t) => {
  const silent = await guest(server);
  t.teardown(silent.close);
  const attempt = connectShell({ ...silent, privateKey, clock, deadlineMs: 800 });
  await t.rejects(attempt, {
    code: 'host/timeout',
    message: /no ssh after \d+ s; last seen: nothing/,
  });
  const { clock: watched, begins, expire } = watchedClock();
  const closing = connectShell({ port: 9, privateKey, clock: watched, deadlineMs });
  void begins(AGAIN_MS).then(() => expire(deadlineMs));
  await t.rejects(closing, { code: 'host/timeout', message: /last seen: .*ECONNREFUSED/ });
});

t.test('files are served through the connection, and nothing else is', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-http-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'big');
  const content = Buffer.alloc(3 * 1024 * 1024, 'abcdefghijklmnopqrstuvwxyz');
  await writeFile(path, content);
  await writeFile(join(directory, 'secret'), 'secret');
  await using shell = await connected();
  const files = new Map([
    ['/images/big', { path, sizeBytes: content.length }],
    ['/note', { text: 'grüße\n' }],
    ['/empty', { text: '' }],
  ]);
  await mkdir(join(directory, 'tree/below'), { recursive: true });
  await writeFile(join(directory, 'tree/below/leaf'), 'leaf\n');
  await symlink('../secret', join(directory, 'tree/link'));
  const directories = new Map([['/tree', join(directory, 'tree')]]);
  const service = await shell.serve({ files, directories });
  const get = (url: string, options = {}) => fetch(service.port, url, options);

  t.equal((await get('/tree/below/leaf')).body.toString(), 'leaf\n');
  for (const absent of [
    '/tree',
    '/tree/',
    '/tree/below',
    '/tree/link',
    '/tree/../secret',
    '/tree/%2e%2e/secret',
  ])
    t.equal((await get(absent)).status, 404, absent);

  const whole = await Promise.all([get('/images/big'), get('/images/big'), get('/note')]);
  t.same(
    whole.map(({ status }) => status),
    [200, 200, 200],
  );
  t.ok(whole[0].body.equals(content) && whole[1].body.equals(content), 'two readers at once');
  t.equal(whole[2].body.toString(), 'grüße\n');
  t.equal((await get('/empty')).body.length, 0);

  const head = await get('/images/big', { method: 'HEAD' });
  t.equal(head.headers['content-length'], String(content.length));
  t.equal(head.body.length, 0);
  const part = await get('/images/big', { headers: { Range: 'bytes=26-28' } });
  t.equal(part.status, 206);
  t.equal(part.headers['content-range'], `bytes 26-28/${String(content.length)}`);
  t.equal(part.body.toString(), 'abc');
  t.equal((await get('/images/big', { headers: { Range: 'bytes=99999999-' } })).status, 416);
  t.equal((await get('/note', { method: 'PUT' })).status, 405);
  for (const outside of ['/', '/images', '/images/../secret', '/images/%2e%2e/secret', '//note']) {
    t.equal((await get(outside)).status, 404, outside);
  }
  t.equal((await get('/%zz')).status, 404);

  await service[Symbol.asyncDispose]();
  await t.rejects(get('/note'), 'nothing listens any more');
});

t.test(
  'a line that fails sends so many bytes, then ends every connection and takes no other',
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'hostproof-line-'));
    t.teardown(() => rm(directory, { recursive: true, force: true }));
    const path = join(directory, 'big');
    const sizeBytes = 3 * 1024 * 1024;
    await writeFile(path, Buffer.alloc(sizeBytes));
    const files = new Map([
      ['/big', { path, sizeBytes }],
      ['/note', { text: 'note' }],
    ]);
    await using shell = await connected();
    const failed: number[] = [];
    const failsAfterBytes = 2 * 1024 * 1024;
    await using service = await shell.serve(
      { files, directories: new Map() },
      { failsAfterBytes, does: { kind: 'drop' }, onFailed: (bytes) => failed.push(bytes) },
    );
    t.equal((await fetch(service.port, '/note', {})).body.toString(), 'note');
    t.same(failed, [], 'it is sound until then');
    const both = await Promise.allSettled([
      fetch(service.port, '/big', {}),
      fetch(service.port, '/big', {}),
    ]);
    t.same(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    t.same(failed, [failsAfterBytes], 'and says so, once');
    await t.rejects(fetch(service.port, '/note', {}));
  },
);

t.test('a repository that is emptied ends what it was sending, and knows of nothing', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-emptied-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'big');
  const sizeBytes = 3 * 1024 * 1024;
  await writeFile(path, Buffer.alloc(sizeBytes));
  await using shell = await connected();
  const failed: number[] = [];
  const failsAfterBytes = 1024 * 1024;
  await using service = await shell.serve(
    { files: new Map([['/big', { path, sizeBytes }]]), directories: new Map() },
    { failsAfterBytes, does: { kind: 'not-found' }, onFailed: (bytes) => failed.push(bytes) },
  );
  await t.rejects(fetch(service.port, '/big', {}));
  t.same(failed, [failsAfterBytes]);
  t.equal((await fetch(service.port, '/big', {})).status, 404, 'it still answers');
  t.same(failed, [failsAfterBytes], 'and struck once');
});

t.test('a line that is slow has all come through in the end, and says so once', async (t) => {
  const text = 'x'.repeat(3000);
  await using shell = await connected();
  const failed: number[] = [];
  await using service = await shell.serve(
    { files: new Map([['/note', { text }]]), directories: new Map() },
    {
      ...{ failsAfterBytes: 1000, does: { kind: 'slow', bytesPerSecond: 100_000 } },
      onFailed: (bytes) => failed.push(bytes),
    },
  );
  for (let times = 0; times < 2; times++)
    t.equal((await fetch(service.port, '/note', {})).body.toString(), text);
  t.same(failed, [1000]);
});

t.test('ranges as RFC 9110 has them', (t) => {
  t.same(parseRange('bytes=0-0', 10), { start: 0, end: 0 });
  t.same(parseRange('bytes=5-', 10), { start: 5, end: 9 });
  t.same(parseRange('bytes=-3', 10), { start: 7, end: 9 });
  t.same(parseRange('bytes=-30', 10), { start: 0, end: 9 });
  t.same(parseRange('bytes=0-99', 10), { start: 0, end: 9 });
  t.equal(parseRange('bytes=10-', 10), 'unsatisfiable');
  t.equal(parseRange('bytes=-0', 10), 'unsatisfiable');
  for (const ignored of [
    undefined,
    'bytes=',
    'bytes=-',
    'bytes=3-1',
    'bytes=0-1,3-4',
    'lines=1-2',
  ]) {
    t.equal(parseRange(ignored, 10), undefined);
  }
  t.end();
});

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** As curl would: the path goes out as it is. */
function fetch(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string> },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject).on('end', () => {
        const { statusCode = 0, headers } = response;
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
      });
    })
      .on('error', reject)
      .end();
  });
}

import { connect, createServer } from 'node:net';
import t from 'tap';
import { systemClock as clock } from '../../adapters/clock.ts';
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

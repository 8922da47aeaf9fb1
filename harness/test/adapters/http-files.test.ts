/** Files that are served to a guest, through its connection. Lines that fail are in harness/test/faults/line.ts. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemClock as clock } from '../../adapters/clock.ts';
import { parseRange } from '../../adapters/http-files.ts';
import { connectShell } from '../../adapters/ssh.ts';
import { nameNotResolved } from '../../faults/name-not-resolved.ts';
import { armedLine } from '../../run/armed-line.ts';
import { fetch } from './fetch.ts';
import { sshServer } from './ssh-server.ts';

t.setTimeout(90_000);
const server = await sshServer();
t.teardown(() => server.close());
const { privateKey, port } = server;
const connected = () => connectShell({ port, privateKey, clock, deadlineMs: 20_000 });

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

t.test('a line that nobody should find serves all, and tells of whoever comes', async (t) => {
  await using shell = await connected();
  const line = armedLine(nameNotResolved());
  line.hears('Could not resolve host: updates.invalid');
  t.match(line.stamp, { name: 'updates.invalid' });
  await using service = await shell.serve(
    { files: new Map([['/note', { text: 'note' }]]), directories: new Map() },
    line,
  );
  t.equal((await fetch(service.port, '/note')).body.toString(), 'note');
  t.equal(line.stamp, null, 'it was found');
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

import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import t from 'tap';
import { writeAtomically } from '../../adapters/atomic-file.ts';
import { cacheDir, cachePath } from '../../adapters/cache-dir.ts';
import { controlKey, ed25519Pair } from '../../adapters/keys.ts';

const work = await mkdtemp(join(tmpdir(), 'hostproof-files-'));
t.teardown(() => rm(work, { recursive: true, force: true }));

t.test('the cache directory is where the environment says', async (t) => {
  t.equal(cachePath({ XDG_CACHE_HOME: '/x', HOME: '/h' }), '/x/hostproof');
  t.equal(cachePath({ HOME: '/h' }), '/h/.cache/hostproof');
  t.equal(cachePath({ XDG_CACHE_HOME: '', HOME: '/h' }), '/h/.cache/hostproof');
  t.equal(cachePath({ XDG_CACHE_HOME: 'relative', HOME: '/h' }), '/h/.cache/hostproof');
  const made = await cacheDir({ XDG_CACHE_HOME: join(work, 'a', 'b') });
  t.ok((await stat(made)).isDirectory());
  await symlink(join(work, 'a'), join(work, 'link'));
  const linked = await cacheDir({ XDG_CACHE_HOME: join(work, 'link', 'b') });
  t.equal(linked, made, 'what names another there must find it when the link has gone');
  await writeFile(join(work, 'file'), '');
  await t.rejects(cacheDir({ XDG_CACHE_HOME: join(work, 'file') }), { code: 'env/io' });
});

t.test('a file is written whole, replaced or kept, and nothing else is left', async (t) => {
  const directory = await mkdtemp(join(work, 'atomic-'));
  const file = join(directory, 'file');
  t.equal(await writeAtomically(file, 'one', { mode: 0o600 }), true);
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.equal(await writeAtomically(file, 'two'), true);
  t.equal(await readFile(file, 'utf8'), 'two');
  t.equal(await writeAtomically(file, 'three', { keepExisting: true }), false);
  t.equal(await readFile(file, 'utf8'), 'two');
  await t.rejects(writeAtomically(join(directory, 'absent', 'file'), ''), { code: 'ENOENT' });
  t.same(await readdir(directory), ['file']);
});

t.test(
  'the control key is made once, is private, and opens what its public half allows',
  async (t) => {
    const directory = await mkdtemp(join(work, 'key-'));
    const [first, second] = await Promise.all([controlKey(directory), controlKey(directory)]);
    t.same(first, second, 'two first uses at once get the same key');
    t.same(await controlKey(directory), first);
    t.match(first.publicKey, /^ssh-ed25519 [\w+/=]+ hostproof-control$/);
    t.equal((await stat(first.privateKeyFile)).mode & 0o777, 0o600);
    const parsed = ssh2.utils.parseKey(first.privateKey);
    t.notOk(parsed instanceof Error);
    t.ok(first.publicKey.includes((parsed as ssh2.ParsedKey).getPublicSSH().toString('base64')));

    await chmod(first.privateKeyFile, 0o644);
    await controlKey(directory);
    t.equal(
      (await stat(first.privateKeyFile)).mode & 0o777,
      0o600,
      'a careless copy is closed again',
    );
    await writeFile(first.privateKeyFile, 'no key');
    await t.rejects(controlKey(directory), { code: 'env/io', message: /not a private key/ });
  },
);

t.test('every pair of keys can be read, whatever its bytes', (t) => {
  // one of 256 could not
  const pairs = Array.from({ length: 2000 }, () => ed25519Pair('some'));
  const unreadable = pairs.filter((pair) => ssh2.utils.parseKey(pair.private) instanceof Error);
  t.same(unreadable, []);
  t.end();
});

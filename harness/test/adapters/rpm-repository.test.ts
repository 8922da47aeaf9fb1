import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import t from 'tap';
import { rpmRepository } from '../../adapters/rpm-repository.ts';
import type { Artefact } from '../../domain/image.ts';

const work = await mkdtemp(join(tmpdir(), 'hostproof-rpms-'));
t.teardown(() => rm(work, { recursive: true, force: true }));

/** An rpm that holds nothing but a description, in a directory of its own. */
async function built(name: string, description: string): Promise<Artefact> {
  const top = await mkdtemp(join(work, 'build-'));
  const spec = join(top, 'package.spec');
  const lines = ['Version: 1', 'Release: 1', 'Summary: x', 'License: MIT', 'BuildArch: noarch'];
  const text = [`Name: ${name}`, ...lines, '%description', description, '%files', ''].join('\n');
  await writeFile(spec, text);
  const define = (macro: string): readonly string[] => ['--define', macro];
  await execa(
    'rpmbuild',
    ['-bb', '--quiet', ...define(`_topdir ${top}`), ...define('_rpmfilename %{NAME}.rpm'), spec],
    { env: { HOME: top } },
  );
  const path = join(top, 'RPMS', `${name}.rpm`);
  const content = await readFile(path);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, sha256, sizeBytes: content.length };
}

async function described(directory: string): Promise<string> {
  return gunzipSync(await readFile(join(directory, 'repodata/primary.xml.gz'))).toString();
}

t.test('a repository describes every rpm that it took, as it is now', async (t) => {
  const repository = rpmRepository(join(work, 'repository'));
  const first = await built('first', 'one');
  const directory = await repository.take(first);
  t.match(await described(directory), first.sha256);

  const second = await built('second', 'two');
  t.equal(await repository.take(second), directory);
  t.match(await described(directory), first.sha256, 'what was there is still there');
  t.match(await described(directory), second.sha256);

  const other = await built('first', 'another text');
  await repository.take(other);
  t.notMatch(await described(directory), first.sha256, 'replaced by one of the same name');
  t.match(await described(directory), other.sha256);
  t.equal((await stat(join(directory, 'first.rpm'))).size, other.sizeBytes);
  t.equal((await readFile(first.path)).length, first.sizeBytes, 'nothing was written through');
});

t.test('a file that is no package is said to be none', async (t) => {
  const directory = join(work, 'broken');
  await mkdir(directory);
  const path = join(work, 'no.rpm');
  await writeFile(path, 'no package');
  const taken = rpmRepository(directory).take({ path, sha256: '', sizeBytes: 10 });
  await t.rejects(taken, { code: 'env/io', message: /no\.rpm/ });
});

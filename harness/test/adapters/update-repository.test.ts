import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { updateRepository } from '../../adapters/update-repository.ts';
import type { Artefact } from '../../domain/image.ts';

const work = await mkdtemp(join(tmpdir(), 'hostproof-repository-'));
t.teardown(() => rm(work, { recursive: true, force: true }));

/** A tarball as an image has one: its objects, and where the branch stands. */
async function tarball(
  name: string,
  objects: readonly string[],
  branch: string,
): Promise<Artefact> {
  const tree = join(work, `tree-${name}`);
  await mkdir(join(tree, 'objects/ab'), { recursive: true });
  await mkdir(join(tree, 'refs'));
  for (const object of objects) await writeFile(join(tree, 'objects/ab', object), object);
  await writeFile(join(tree, 'refs/branch'), branch);
  const path = join(work, `${name}.tar`);
  await execa('tar', ['--create', '--file', path, '--directory', tree, '.']);
  return { path, sha256: '0'.repeat(64), sizeBytes: (await stat(path)).size };
}

t.test('a repository takes one tarball after the other, and the same one again', async (t) => {
  const directory = join(work, 'repository');
  const repository = updateRepository(directory);
  const old = await tarball('old', ['common', 'old'], 'old');
  const next = await tarball('next', ['common', 'next'], 'next');
  for (const one of [old, next, next]) t.equal(await repository.take(one), directory);
  t.same((await readdir(join(directory, 'objects/ab'))).sort(), ['common', 'next', 'old']);
  t.equal(await readFile(join(directory, 'refs/branch'), 'utf8'), 'next');
  await repository.take(old);
  t.equal(await readFile(join(directory, 'refs/branch'), 'utf8'), 'old');
});

t.test('a tarball that cannot be unpacked is the fault of this machine', async (t) => {
  const path = join(work, 'broken.tar');
  await writeFile(path, 'x'.repeat(2000));
  const broken = { path, sha256: '0'.repeat(64), sizeBytes: 2000 };
  await t.rejects(updateRepository(join(work, 'other')).take(broken), { code: 'env/io' });
});

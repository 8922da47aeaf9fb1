import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { recipes } from '../catalogue.ts';
import { scriptStage } from '../script-stage.ts';
import { isoStage } from '../stages.ts';
import type { Stage } from '../store.ts';

const stage = (name: string): Stage => ({
  ...{ name, key: name, inputs: [] },
  make: () => Promise.resolve({}),
});

void t.test('a medium without a commit has none, whatever the user calls COMMIT', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hostproof-stage-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const [base, tree, out, work] = ['base', 'tree', 'out', 'work'].map((name) =>
    join(directory, name),
  ) as [string, string, string, string];
  for (const place of [base, join(base, 'efi'), tree, out, work]) await mkdir(place);
  const files = ['vmlinuz', 'initramfs.img', 'efi/shimx64.efi', 'efi/grubx64.efi', 'efi/mmx64.efi'];
  for (const file of files) await writeFile(join(base, file), file);
  await writeFile(join(tree, 'root.squashfs'), 'a tree');
  const [recipe] = await recipes();
  if (recipe === undefined) throw new Error('the catalogue is empty');

  process.env['COMMIT'] = '1f9b631';
  t.teardown(() => delete process.env['COMMIT']);
  const context = { logs: directory, onProgress: () => undefined };
  const inputs = { BASE: stage('base'), SQUASHFS: { stage: stage('tree'), file: 'root.squashfs' } };
  const made = await isoStage(context, recipe, 'iso', inputs);
  await made.stage.make({ out, work, inputs: [base, tree] });
  t.ok((await stat(join(out, made.file))).size > 0);
});

void t.test('whatever a script is given is in the key of its stage', async (t) => {
  const context = { logs: '/nonexistent', onProgress: () => undefined };
  const told = { name: 'stage', script: 'iso.sh' };
  const [one, other] = [stage('one'), stage('other')];
  const keys = await Promise.all(
    [
      told,
      { ...told, script: 'live.sh' },
      { ...told, reads: ['iso-grub.cfg'] },
      { ...told, inputs: { A: one } },
      { ...told, inputs: { A: other } },
      { ...told, inputs: { B: one } },
      { ...told, inputs: { A: { stage: one, file: 'a' } } },
      { ...told, settings: { A: '1' } },
      { ...told, settings: { A: '2' } },
      { ...told, guest: ['installer'] },
      { ...told, patch: import.meta.filename },
      { ...told, overlay: {} },
      { ...told, overlay: { '/etc/a': { text: 'a' } } },
      { ...told, besides: { a: 1 } },
    ].map(async (each) => (await scriptStage(context, each)).key),
  );
  t.equal(new Set(keys).size, keys.length);
  const uncounted = await scriptStage(context, { ...told, uncounted: { A: '1' } });
  t.equal(uncounted.key, keys[0]);
});

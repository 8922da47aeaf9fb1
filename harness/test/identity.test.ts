/** What is in the key of every step. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import t from 'tap';
import { guestScripts, platformIdentity, SOURCES } from '../cli/identity.ts';
import { ROOT } from '../cli/load.ts';
import { sha256 } from '../adapters/sha256.ts';

const work = await mkdtemp(join(tmpdir(), 'hostproof-identity-'));
t.teardown(() => rm(work, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(work, name);
  await writeFile(path, text);
  return path;
}

t.test('another QEMU, accelerator, processor, firmware or script is another host', async (t) => {
  const platform = {
    ...{ qemu: 'QEMU 7.2', build: 'qemu 1 2', accelerator: 'tcg', reason: 'no KVM', cpu: 'max' },
    ...{ firmware: await file('code', 'code'), variables: await file('variables', 'variables') },
  };
  const scripts = guestScripts();
  t.ok(scripts.has('probe/thin.sh') && scripts.has('administrator/thin-kernel-argument.sh'));
  const before = await platformIdentity(platform, scripts, sha256);
  t.same(await platformIdentity({ ...platform, reason: 'another' }, scripts, sha256), before);
  for (const [name, changed] of Object.entries({
    qemu: { build: 'qemu 1 3' },
    accelerator: { accelerator: 'kvm' },
    cpu: { cpu: 'host' },
    firmware: { firmware: await file('other-code', 'other') },
    variables: { variables: await file('other-variables', 'other') },
  })) {
    const after = await platformIdentity({ ...platform, ...changed }, scripts, sha256);
    t.not(after[name], before[name], name);
  }
  const edited = new Map([...scripts, ['probe/thin.sh', 'exit']]);
  const after = await platformIdentity(platform, edited, sha256);
  t.not(after['scripts'], before['scripts']);
  const kvm = await platformIdentity({ ...platform, accelerator: 'kvm' }, scripts, sha256);
  t.equal(before['processor'], null, 'an emulated one is the same everywhere');
  t.match(kvm['processor'], /^[0-9a-f]{64}$/);
  t.equal(before['node'], process.version);
});

/** What does the work of steps; whatever it imports does it, too. */
const WORKERS = [
  'harness/run/machine-host.ts',
  'qemu/hypervisor.ts',
  // a process of its own, which nobody imports
  'qemu/disk-server/main.ts',
];
const WORKING = ['harness/layouts', 'harness/adapters'];
t.test('all that does the work of steps is in their keys', async (t) => {
  const seen = new Set<string>();
  const queue = [...WORKERS];
  for (const directory of WORKING) {
    const names = await readdir(join(ROOT, directory), { recursive: true });
    queue.push(
      ...names.filter((name) => name.endsWith('.ts')).map((name) => join(directory, name)),
    );
  }
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = await readFile(join(ROOT, path), 'utf8');
    for (const [, from = ''] of text.matchAll(
      /^(?:import|export) (?!type)[^;]*? from '(\.[^']+)';/gms,
    ))
      queue.push(relative(ROOT, resolve(ROOT, dirname(path), from)));
  }
  t.ok(seen.size > 50);
  const isCovered = (path: string): boolean =>
    SOURCES.some((source) => path === source || path.startsWith(`${source}/`));
  t.same([...seen].filter((path) => !isCovered(path)).sort(), []);
});
